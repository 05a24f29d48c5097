from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from reference_app.gateway.http_message import HttpRequest
from reference_app.gateway.websocket_api.sigv4 import SignatureVerifier

if TYPE_CHECKING:
    from collections.abc import Callable

VERIFIER = SignatureVerifier({"local": "local-secret"}, "eu-west-1")
PATH = "/prod/@connections/R0oXA-fD0_wCH6w%3D"


@dataclass(frozen=True)
class Signer:
    access_key: str = "local"
    secret: str = "local-secret"
    token: str | None = None
    region: str = "eu-west-1"
    service: str = "execute-api"

    def sign(
        self, method: str = "POST", target: str = PATH, body: bytes = b"hi", **headers: str
    ) -> HttpRequest:
        """Sign with botocore, and return the request as it comes over the wire."""
        sent = {"Host": "h.example", **{name.replace("_", "-"): value for name, value in headers.items()}}
        request = AWSRequest(method, f"https://h.example{target}", headers=sent, data=body)
        SigV4Auth(Credentials(self.access_key, self.secret, self.token), self.service, self.region).add_auth(
            request
        )
        url = urlsplit(str(request.url))
        wire_target = url.path + (f"?{url.query}" if url.query else "")
        return HttpRequest(method, wire_target, tuple(request.headers.items()), body)


def presigned(expires: int = 60) -> HttpRequest:
    """A handshake that is signed in its query string."""
    request = AWSRequest("GET", "https://h.example/prod?room=a%20b", headers={"Host": "h.example"})
    SigV4QueryAuth(Credentials("local", "local-secret"), "execute-api", "eu-west-1", expires).add_auth(
        request
    )
    url = urlsplit(str(request.url))
    return HttpRequest("GET", f"{url.path}?{url.query}", (("Host", "h.example"),))


@pytest.mark.parametrize(
    ("expires", "later_s", "expected"), [(60, 0, "valid"), (3600, 3000, "valid"), (3600, 3700, "refused")]
)
def test_a_handshake_signed_in_its_query_is_valid_for_as_long_as_that_says(
    expires: int, later_s: int, expected: str
) -> None:
    """HS-22."""
    assert VERIFIER.verify_handshake(presigned(expires), time.time() + later_s) == expected


def test_a_changed_query_breaks_the_signature_in_it() -> None:
    """HS-22."""
    request = presigned()
    changed = request._replace(target=request.target.replace("room=a", "room=b"))

    assert VERIFIER.verify_handshake(changed, time.time()) == "refused"


def test_a_handshake_without_any_signature_is_unsigned() -> None:
    """HS-22."""
    assert VERIFIER.verify_handshake(HttpRequest("GET", "/prod", ()), time.time()) == "unsigned"


def verdict(request: HttpRequest, later_s: float = 0) -> str:
    return VERIFIER.verify(request, time.time() + later_s)


@pytest.mark.parametrize(
    "sign",
    [
        pytest.param(lambda: Signer().sign(), id="CL-1 CL-2 path with = and @"),
        pytest.param(lambda: Signer().sign("GET", body=b""), id="GET"),
        pytest.param(lambda: Signer().sign(target="/prod/%40connections/x?b=2&a=%20x&a="), id="query"),
        pytest.param(lambda: Signer(token="session").sign(), id="session token"),
        pytest.param(
            lambda: Signer().sign(content_type="application/octet-stream", content_length="2", X_Own="a   b"),
            id="CL-7 more signed headers",
        ),
        pytest.param(lambda: Signer().sign(body=b"\xff\x00"), id="binary body"),
    ],
)
def test_what_botocore_signs_is_valid(sign: Callable[[], HttpRequest]) -> None:
    """MG-2."""
    assert verdict(sign()) == "valid"


def test_a_payload_hash_in_a_header_is_compared_with_the_body() -> None:
    """CL-7: the JavaScript SDK sends and signs `x-amz-content-sha256`."""
    hashed = Signer().sign(
        X_Amz_Content_SHA256="8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"
    )
    assert verdict(hashed) == "valid"
    assert verdict(hashed._replace(body=b"ho")) == "refused"


def test_an_unsigned_request_is_told_apart() -> None:
    """MG-18."""
    assert verdict(HttpRequest("POST", PATH, (("Host", "h.example"),), b"hi")) == "unsigned"


@pytest.mark.parametrize(
    "tamper",
    [
        pytest.param(lambda signed: signed._replace(body=b"ho"), id="body"),
        pytest.param(lambda signed: signed._replace(method="DELETE"), id="method"),
        pytest.param(lambda signed: signed._replace(target=PATH + "x"), id="path"),
        pytest.param(lambda signed: signed._replace(target=PATH + "?a=b"), id="query"),
    ],
)
def test_a_request_changed_after_signing_is_refused(tamper: Callable[[HttpRequest], HttpRequest]) -> None:
    """MG-15."""
    assert verdict(tamper(Signer().sign())) == "refused"


@pytest.mark.parametrize(
    "signer",
    [
        Signer(access_key="stranger"),
        Signer(secret="wrong"),
        Signer(region="us-east-1"),
        Signer(service="s3"),
    ],
)
def test_other_credentials_and_scopes_are_refused(signer: Signer) -> None:
    """MG-15."""
    assert verdict(signer.sign()) == "refused"


@pytest.mark.parametrize("authorization", ["", "Bearer x", "AWS4-HMAC-SHA256 Credential=local"])
def test_an_authorization_of_another_form_is_refused(authorization: str) -> None:
    request = HttpRequest("POST", PATH, (("Host", "h"), ("Authorization", authorization)), b"")
    assert verdict(request) == "refused"


def test_a_signature_that_leaves_the_host_out_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    all_headers = SigV4Auth.headers_to_sign

    def without_host(self: SigV4Auth, request: AWSRequest) -> Any:
        headers = all_headers(self, request)
        del headers["host"]
        return headers

    monkeypatch.setattr(SigV4Auth, "headers_to_sign", without_host)
    signed = Signer().sign()
    assert "SignedHeaders=x-amz-date," in (signed.header("authorization") or "")
    assert verdict(signed) == "refused"


@pytest.mark.parametrize("skew", [-600, 600])
def test_an_old_or_early_signature_is_refused(skew: int) -> None:
    assert verdict(Signer().sign(), skew) == "refused"
