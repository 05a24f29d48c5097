"""HTTP/1.1 on one socket: keep-alive, pipelining, and the hand-over to WebSocket."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Protocol, cast

import httptools

from reference_app.gateway.http_message import HttpAnswer, HttpRequest, json_answer, message_body

if TYPE_CHECKING:
    from collections.abc import Awaitable

MAX_HEAD_BYTES = 1 << 16
MAX_BODY_BYTES = 1 << 20
"""Above what any call may carry, so that a signed call that is too large gets the service's own answer."""
MAX_WAITING_REQUESTS = 1000
"""Requests that a client may send while an earlier one's answer is still to come."""


class HttpHandler(Protocol):
    """What the requests are for."""

    def answer(self, request: HttpRequest) -> HttpAnswer | Awaitable[HttpAnswer]:
        """Answer a request that asks for no upgrade, now or later; cancelled when the client leaves."""

    def upgrade(self, request: HttpRequest, transport: asyncio.Transport, early: bytes) -> HttpAnswer | None:
        """Take the socket over, or return the answer with which it ends."""


class HttpConnection(asyncio.Protocol):
    """Parses requests as they come and answers them in order."""

    def __init__(self, handler: HttpHandler, sockets: set[HttpConnection]) -> None:
        """`sockets` holds the connection for as long as its socket speaks HTTP."""
        self._handler = handler
        self._sockets = sockets
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._complete: deque[tuple[HttpRequest, bool]] = deque()
        self._early: bytes | None = None  # what follows a request for an upgrade
        self._held: asyncio.Future[None] | None = None  # an answer that is still to come
        self._in_head = True
        self._head_bytes = 0
        self.on_message_begin()

    def abort(self) -> None:
        """End the TCP connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._sockets.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - nobody waits for this socket
        self._sockets.discard(self)
        if self._held is not None:
            self._held.cancel()

    def data_received(self, data: bytes) -> None:
        if self._early is not None:
            self._early += data
            return
        if self._in_head:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._early = data[upgrade.args[0] :]
        except httptools.HttpParserError:
            self._end_with(400, "Bad Request")
            return
        if self._held is None:
            self._serve()
        elif len(self._complete) > MAX_WAITING_REQUESTS:
            self.abort()
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES:
            self._end_with(431, "Request Header Fields Too Large")
        elif len(self._body) > MAX_BODY_BYTES:
            self._end_with(413, "Request Entity Too Large")

    # Called by the parser. Nothing here may raise: the parser would take it for the client's fault.

    def on_message_begin(self) -> None:
        self._target = b""
        self._headers: list[tuple[str, str]] = []
        self._body = bytearray()
        self._in_head = True

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_bytes = 0
        if self._transport is not None and any(name.lower() == "expect" for name, _ in self._headers):
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        method = self._parser.get_method().decode("latin-1")
        request = HttpRequest(method, self._target.decode("latin-1"), tuple(self._headers), bytes(self._body))
        self._complete.append((request, self._parser.should_keep_alive()))
        self._body = bytearray()
        self._in_head = True

    def _serve(self) -> None:
        while self._complete:
            if self._transport is None or self._transport.is_closing():
                return
            request, keep_alive = self._complete.popleft()
            if self._early is not None and not self._complete:
                self._hand_over(request, self._transport, self._early)
                return
            answer = self._handler.answer(request)
            if not isinstance(answer, HttpAnswer):
                self._held = asyncio.ensure_future(self._serve_later(answer, keep_alive))
                return
            self._write(answer, keep_alive)

    async def _serve_later(self, coming: Awaitable[HttpAnswer], keep_alive: bool) -> None:
        self._write(await coming, keep_alive)
        self._held = None
        self._serve()

    def _write(self, answer: HttpAnswer, keep_alive: bool) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer.serialise(close=not keep_alive))
            if not keep_alive:
                self._transport.close()

    def _hand_over(self, request: HttpRequest, transport: asyncio.Transport, early: bytes) -> None:
        answer = self._handler.upgrade(request, transport, early)
        if answer is None:
            self._sockets.discard(self)
            self._transport = None
        else:
            transport.write(answer.serialise(close=True))
            transport.close()

    def _end_with(self, status: int, message: str) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(json_answer(status, message_body(message)).serialise(close=True))
            self._transport.close()
