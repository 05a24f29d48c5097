"""The opening handshake of RFC 6455 as a question about a request and the bytes of the answer."""

from __future__ import annotations

import base64
import binascii
import time
from typing import TYPE_CHECKING

from websockets.utils import accept_key

from reference_app.gateway.http_message import HttpAnswer, http_date, json_answer, message_body

if TYPE_CHECKING:
    from reference_app.gateway.http_message import HttpRequest

_KEY_BYTES = 16
_LONGEST_URL = 4096  # LM-11


def refusal(request: HttpRequest) -> HttpAnswer | None:
    """Return the answer to a request that asks for no WebSocket, or wrongly; None when it does it right.

    A GET that asks for no upgrade gets 426 (HS-27), any other method 403, a broken handshake 400 (RFC 6455
    section 4.2.1).
    """
    if request.method != "GET":
        return json_answer(403, message_body("Forbidden"))
    if not _asks_for_websocket(request):
        upgrade = (("upgrade", "websocket"), ("connection", "upgrade"))
        return json_answer(426, message_body("Upgrade Required"), *upgrade)
    if request.header_values("sec-websocket-version") != ("13",) or not _has_key(request):
        return json_answer(400, message_body("Bad Request"), ("sec-websocket-version", "13"))
    return None


def is_url_too_long(request: HttpRequest) -> bool:
    """Return whether the URL with which the client came has more characters than AWS takes (LM-11)."""
    return len(f"wss://{request.header('host') or ''}{request.target}") > _LONGEST_URL


def acceptance(request: HttpRequest, subprotocol: str | None, extensions: str | None = None) -> bytes:
    """Return the 101 for a request that `refusal` lets pass.

    Of the function's headers only the subprotocol goes through (HS-13, HS-14); `extensions` are those of the
    client's that have been accepted (HS-29).
    """
    key = request.header("sec-websocket-key") or ""
    protocol = f"Sec-WebSocket-Protocol: {subprotocol}\r\n" if subprotocol is not None else ""
    extension = f"Sec-WebSocket-Extensions: {extensions}\r\n" if extensions is not None else ""
    return (
        "HTTP/1.1 101 Switching Protocols\r\n"
        f"Date: {http_date(int(time.time()))}\r\n"
        "Connection: upgrade\r\n"
        "Upgrade: websocket\r\n"
        f"Sec-WebSocket-Accept: {accept_key(key)}\r\n"
        f"{protocol}{extension}\r\n"
    ).encode("latin-1")


def _asks_for_websocket(request: HttpRequest) -> bool:
    return "upgrade" in _tokens(request, "connection") and "websocket" in _tokens(request, "upgrade")


def _tokens(request: HttpRequest, header: str) -> list[str]:
    return [token.strip().lower() for value in request.header_values(header) for token in value.split(",")]


def _has_key(request: HttpRequest) -> bool:
    keys = request.header_values("sec-websocket-key")
    if len(keys) != 1:
        return False
    try:
        return len(base64.b64decode(keys[0].encode(), validate=True)) == _KEY_BYTES
    except binascii.Error:
        return False
