from __future__ import annotations

import pytest

from reference_app.gateway.http_message import HttpRequest
from reference_app.gateway.websocket_api import handshake

GOOD = {
    "Host": "x",
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


def request(method: str = "GET", /, **changes: str | None) -> HttpRequest:
    headers = {**GOOD, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return HttpRequest(
        method, "/prod", tuple((name, value) for name, value in headers.items() if value is not None)
    )


def status(request: HttpRequest) -> int | None:
    answer = handshake.refusal(request)
    return None if answer is None else answer.status


def test_a_handshake_in_order_passes() -> None:
    assert status(request()) is None


@pytest.mark.parametrize("missing", ["Upgrade", "Connection"])
def test_a_get_without_upgrade_is_told_to_upgrade(missing: str) -> None:
    """HS-27."""
    assert status(request(**{missing: None})) == 426


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Sec_WebSocket_Version", "12"),
        ("Sec_WebSocket_Version", None),
        ("Sec_WebSocket_Key", None),
        ("Sec_WebSocket_Key", "c2hvcnQ="),
        ("Sec_WebSocket_Key", "not base64!"),
    ],
)
def test_a_broken_handshake_is_a_bad_request(header: str, value: str | None) -> None:
    """RFC 6455 section 4.2.1."""
    assert status(request(**{header: value})) == 400


def test_other_methods_are_forbidden() -> None:
    assert status(request("POST")) == 403


def test_the_acceptance_answers_the_key() -> None:
    """RFC 6455 section 1.3 has this key and its answer."""
    accepted = handshake.acceptance(request(), None)
    assert accepted.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in accepted
    assert accepted.endswith(b"\r\n\r\n")


def test_no_subprotocol_is_selected_by_the_gateway() -> None:
    """HS-14, HS-15."""
    assert b"Sec-WebSocket-Protocol" not in handshake.acceptance(request(Sec_WebSocket_Protocol="a, b"), None)


def test_the_subprotocol_of_the_function_goes_through() -> None:
    """HS-13, HS-14."""
    accepted = handshake.acceptance(request(Sec_WebSocket_Protocol="a, b"), "b")
    assert b"\r\nSec-WebSocket-Protocol: b\r\n\r\n" in accepted


def test_no_extension_is_accepted() -> None:
    """HS-29."""
    offer = request(Sec_WebSocket_Extensions="permessage-deflate")
    assert b"Extensions" not in handshake.acceptance(offer, None)


def test_a_url_has_at_most_4096_characters() -> None:
    """LM-11."""
    rest = 4096 - len("wss://x/prod?")
    longest, too_long = (request()._replace(target="/prod?" + "q" * more) for more in (rest, rest + 1))

    assert not handshake.is_url_too_long(longest)
    assert handshake.is_url_too_long(too_long)
