"""`@connections` calls as bytes: signed well, wrongly, or not at all, and their answers unparsed."""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass
from typing import Literal, NamedTuple
from urllib.parse import quote, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from reference_app.survey.findings import SurveyError

_TIMEOUT_S = 30.0


class ManagementAnswer(NamedTuple):
    """An answer as it came."""

    status: int
    headers: tuple[tuple[str, str], ...]
    """Names in lower case."""
    body: bytes

    @property
    def error_type(self) -> str:
        return dict(self.headers).get("x-amzn-errortype", "").partition(":")[0]

    @property
    def message(self) -> str | None:
        """Member `message` of a JSON body; None where there is none."""
        try:
            body = json.loads(self.body)
        except ValueError:
            return None
        found = body.get("message", body.get("Message")) if isinstance(body, dict) else None
        return found if isinstance(found, str) else None


@dataclass(frozen=True)
class ManagementCalls:
    """Calls of one stage's `@connections`."""

    endpoint: str
    """`http(s)://…/{stage}`."""
    region: str
    credentials: Credentials

    def call(
        self,
        method: str,
        connection_id: str,
        body: bytes = b"",
        *,
        signed: Literal["well", "wrongly", "not"] = "well",
        stage: str | None = None,
        escaped: str | None = None,
    ) -> ManagementAnswer:
        """Call about one connection; `escaped` is its id as it stands in the path. Raises SurveyError."""
        url = self.endpoint if stage is None else f"{self.endpoint.rpartition('/')[0]}/{stage}"
        request = AWSRequest(
            method, f"{url}/@connections/{escaped or quote(connection_id, safe='')}", data=body
        )
        if signed != "not":
            secret = self.credentials.secret_key if signed == "well" else "no-such-secret"
            signer = Credentials(self.credentials.access_key, secret, self.credentials.token)
            SigV4Auth(signer, "execute-api", self.region).add_auth(request)
        return _exchange(method, str(request.url), dict(request.headers.items()), body)


def _exchange(method: str, url: str, headers: dict[str, str], body: bytes) -> ManagementAnswer:
    parts = urlsplit(url)
    if parts.scheme == "https":
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            parts.netloc, timeout=_TIMEOUT_S, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=_TIMEOUT_S)
    try:
        connection.request(method, parts.path, body, headers)
        answer = connection.getresponse()
        names = tuple((name.lower(), value) for name, value in answer.getheaders())
        return ManagementAnswer(answer.status, names, answer.read())
    except (OSError, http.client.HTTPException) as failed:
        raise SurveyError(f"no answer from {parts.netloc}: {failed}") from failed
    finally:
        connection.close()
