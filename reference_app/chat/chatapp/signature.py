"""AWS Signature Version 4 of a POST to `@connections` (MG-2), at the price of three hashes a request.

The steps and their names are those of "Create a signed AWS API request" in the IAM User Guide.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

_ALGORITHM = "AWS4-HMAC-SHA256"
_SERVICE = "execute-api"


class Keys(NamedTuple):
    """Credentials as they are at one moment; Lambda's are temporary and carry a token."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None


def signed_headers(
    host: str, path: str, body: bytes, *, keys: Keys, region: str, timestamp: str
) -> dict[str, str]:
    """Make the headers of a POST; `path` is percent-encoded, as it travels, `timestamp` `%Y%m%dT%H%M%SZ`."""
    headers = {"host": host, "x-amz-date": timestamp}
    if keys.session_token is not None:
        headers["x-amz-security-token"] = keys.session_token
    names = ";".join(headers)
    canonical_headers = "".join(f"{name}:{value}\n" for name, value in headers.items())
    # The path is encoded once more than it travels, for every service but S3 (CL-2).
    canonical_path = quote(path, safe="/-_.~")
    canonical_request = f"POST\n{canonical_path}\n\n{canonical_headers}\n{names}\n{_sha256(body)}"
    date = timestamp[:8]
    scope = f"{date}/{region}/{_SERVICE}/aws4_request"
    string_to_sign = f"{_ALGORITHM}\n{timestamp}\n{scope}\n{_sha256(canonical_request.encode())}"
    key = _signing_key(keys.secret_access_key, date, region)
    signature = hmac.digest(key, string_to_sign.encode(), "sha256").hex()
    credential = f"{keys.access_key_id}/{scope}"
    headers["authorization"] = (
        f"{_ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"
    )
    return headers


@lru_cache(maxsize=4)
def _signing_key(secret_access_key: str, date: str, region: str) -> bytes:
    """Derive the key that is good for a day: four of the five HMACs that a request would take otherwise."""
    key = f"AWS4{secret_access_key}".encode()
    for part in (date, region, _SERVICE, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
