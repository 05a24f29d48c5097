"""Checks the AWS Signature Version 4 of a request (MG-2, CL-1, CL-2, CL-7, HS-22).

It is in the `Authorization` header; a browser, which cannot add that to a handshake, puts it into the query.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import parse_qsl, quote, unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_app.gateway.http_message import HttpRequest

Verdict = Literal["valid", "unsigned", "refused"]

_ALGORITHM = "AWS4-HMAC-SHA256"
_SCOPE = r"([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/aws4_request"
_CREDENTIAL = re.compile(_SCOPE)
_AUTHORIZATION = re.compile(
    rf"{_ALGORITHM} +Credential={_SCOPE},"
    r"\s*SignedHeaders=([a-z0-9;._-]+),\s*Signature=([0-9a-f]{64})"
)
_UNRESERVED = "-_.~"
_MAX_SKEW_S = 300
_NOT_SIGNED = ("", "X-Amz-Signature")


class _Signature(NamedTuple):
    access_key: str
    date: str
    region: str
    service: str
    header_names: str
    signature: str
    signed_at: str


class SignatureVerifier:
    """Knows the secrets of the accounts that may call one service in one region."""

    def __init__(self, credentials: Mapping[str, str], region: str, service: str = "execute-api") -> None:
        """`credentials` maps access key ids to secret access keys."""
        self._credentials = credentials
        self._region = region
        self._service = service
        self._keys: dict[tuple[str, str], bytes] = {}

    def verify(self, request: HttpRequest, now_s: float) -> Verdict:
        """Tell whether the request is signed by an account, within five minutes of `now_s` (epoch)."""
        headers = _joined(request)
        authorization = headers.get("authorization")
        if authorization is None:
            return "unsigned"
        match = _AUTHORIZATION.fullmatch(authorization)
        signed_at = headers.get("x-amz-date", "")
        if match is None or not _is_fresh(signed_at, now_s):
            return "refused"
        payload_hash = hashlib.sha256(request.body).hexdigest()
        announced = headers.get("x-amz-content-sha256", payload_hash)
        if announced not in (payload_hash, "UNSIGNED-PAYLOAD"):
            return "refused"
        access_key, date, region, service, names, signature = match.groups()
        signed = _Signature(access_key, date, region, service, names, signature, signed_at)
        return self._verdict(request, headers, signed, announced)

    def verify_handshake(self, request: HttpRequest, now_s: float) -> Verdict:
        """The same for a handshake, which may be signed in its query, for as long as that says (HS-22)."""
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        if "X-Amz-Signature" not in query:
            return self.verify(request, now_s)
        match = _CREDENTIAL.fullmatch(query.get("X-Amz-Credential", ""))
        signed_at, expires = query.get("X-Amz-Date", ""), query.get("X-Amz-Expires", "")
        known = query.get("X-Amz-Algorithm") == _ALGORITHM and match is not None and expires.isdecimal()
        if not known or match is None or not _is_fresh(signed_at, now_s, lifetime_s=int(expires)):
            return "refused"
        names, signature = query.get("X-Amz-SignedHeaders", ""), query["X-Amz-Signature"]
        access_key, date, region, service = match.groups()
        signed = _Signature(access_key, date, region, service, names, signature, signed_at)
        return self._verdict(request, _joined(request), signed, hashlib.sha256(request.body).hexdigest())

    def _verdict(
        self, request: HttpRequest, headers: Mapping[str, str], signed: _Signature, payload_hash: str
    ) -> Verdict:
        key = self._signing_key(signed.access_key, signed.date)
        names = signed.header_names.split(";")
        in_scope = (signed.region, signed.service) == (self._region, self._service)
        if key is None or not in_scope or "host" not in names or any(name not in headers for name in names):
            return "refused"
        canonical = _canonical_request(request, {name: headers[name] for name in names}, payload_hash)
        scope = f"{signed.date}/{signed.region}/{signed.service}/aws4_request"
        expected = _signature(key, signed.signed_at, scope, canonical)
        return "valid" if hmac.compare_digest(expected.encode(), signed.signature.encode()) else "refused"

    def _signing_key(self, access_key: str, date: str) -> bytes | None:
        secret = self._credentials.get(access_key)
        if secret is None:
            return None
        key = self._keys.get((access_key, date))
        if key is None:
            key = f"AWS4{secret}".encode()
            for part in (date, self._region, self._service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._keys = {(access_key, date): key}
        return key


def _signature(key: bytes, signed_at: str, scope: str, canonical: str) -> str:
    text = f"{_ALGORITHM}\n{signed_at}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.digest(key, text.encode(), "sha256").hex()


def _canonical_request(request: HttpRequest, signed: Mapping[str, str], payload_hash: str) -> str:
    headers = "".join(f"{name}:{value}\n" for name, value in signed.items())
    return "\n".join(
        (
            request.method,
            _canonical_path(request.path),
            _canonical_query(request.query),
            headers,
            ";".join(signed),
            payload_hash,
        )
    )


# A broadcast after the other posts to the same connections.
@lru_cache(maxsize=512)
def _canonical_path(path: str) -> str:
    """CL-2: the path is encoded once more than it travels, for every service but S3."""
    return quote(path, safe=f"/{_UNRESERVED}")


def _canonical_query(query: str) -> str:
    pairs = (part.partition("=") for part in query.split("&") if part.partition("=")[0] not in _NOT_SIGNED)
    encoded = sorted((_requote(name), _requote(value)) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def _requote(text: str) -> str:
    return quote(unquote(text), safe=_UNRESERVED)


def _joined(request: HttpRequest) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in request.headers:
        key, trimmed = name.lower(), " ".join(value.split())
        headers[key] = f"{headers[key]},{trimmed}" if key in headers else trimmed
    return headers


def _is_fresh(signed_at: str, now_s: float, lifetime_s: int = 0) -> bool:
    at = _epoch(signed_at)
    return at is not None and -_MAX_SKEW_S <= now_s - at <= max(_MAX_SKEW_S, lifetime_s)


# Callers sign many requests within one second, and parsing dates is slow.
@lru_cache(maxsize=64)
def _epoch(signed_at: str) -> float | None:
    try:
        return datetime.strptime(signed_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
