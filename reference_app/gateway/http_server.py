"""A small HTTP/1.1 server on loopback: whole requests in, whole responses out, keep-alive.

It serves the Lambda Runtime API, the DynamoDB endpoint and the control endpoint; API Gateway's own front has
a listener of its own, since it also upgrades connections.
"""

from __future__ import annotations

import asyncio
import http
import logging
import socket
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import cache, partial
from typing import cast

import httptools

_LOGGER = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Request:
    """One request; header names are lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Response:
    """One response; its length and connection headers are added when it is written."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def serialise(self, *, keep_alive: bool) -> bytes:
        """The bytes on the wire."""
        lines = [_status_line(self.status)]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines.append(f"Content-Length: {len(self.body)}")
        if not keep_alive:
            lines.append("Connection: close")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


@dataclass(frozen=True)
class Stream:
    """A response of unknown length: sent chunk by chunk, as fast as the client reads; ends the connection."""

    status: int
    chunks: AsyncGenerator[bytes, None]
    headers: Mapping[str, str] = field(default_factory=dict)

    def head(self) -> bytes:
        """What comes before the first chunk."""
        chunked = {**self.headers, "Transfer-Encoding": "chunked", "Connection": "close"}
        lines = [_status_line(self.status)]
        lines += [f"{name}: {value}" for name, value in chunked.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


_FAULT = Response(500, b'{"message":"Internal server error"}', {"Content-Type": "application/json"})


# Looked up for every answer, where the enumeration is slow.
@cache
def _status_line(status: int) -> str:
    return f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}"


def loopback_listener(port: int = 0) -> socket.socket:
    """A socket that listens on a loopback port, a free one for 0: whoever connects waits until it is served.

    Raises OSError when the port is taken.
    """
    listener = socket.create_server((LOOPBACK, port), backlog=1024)
    send_at_once(listener)
    return listener


def send_at_once(listener: socket.socket) -> None:
    """Have no answer to a client of this socket wait until the client has acknowledged the one before.

    asyncio does so for sockets whose protocol number says TCP; those of `socket.create_server` say 0.
    """
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


Handler = Callable[[Request], Response | Awaitable[Response | Stream]]
"""Answers a request at once, or later; what is to come is cancelled when the client leaves."""


class HttpServer:
    """Listens on a loopback port from `start` or `serve` to `stop`."""

    def __init__(self, handler: Handler, *, longest_body: int) -> None:
        self._handler = handler
        self._longest_body = longest_body
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()

    async def start(self) -> int:
        """Listen on a free port; returns it."""
        listener = loopback_listener()
        await self.serve(listener)
        return int(listener.getsockname()[1])

    async def serve(self, listener: socket.socket) -> None:
        """Serve what arrives at a socket that listens already; it belongs to the server from now on."""
        loop = asyncio.get_running_loop()
        # In two steps: whoever is cancelled in the second one has a server that `stop` closes.
        self._server = await loop.create_server(self._connection, sock=listener, start_serving=False)
        await self._server.start_serving()

    async def stop(self) -> None:
        """Close the port and every connection; requests in progress are cancelled."""
        if self._server is not None:
            self._server.close()
        for connection in tuple(self._connections):
            connection.abort()
        await asyncio.sleep(0)  # one turn of the loop, in which the sockets are closed

    def _connection(self) -> _Connection:
        return _Connection(self._handler, self._longest_body, self._connections)


class _Connection(asyncio.Protocol):
    """One client: requests are answered one after the other."""

    def __init__(self, handler: Handler, longest_body: int, open_connections: set[_Connection]) -> None:
        self._handler = handler
        self._longest_body = longest_body
        self._open_connections = open_connections
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._held: asyncio.Future[Response | Stream] | asyncio.Task[None] | None = None  # still to come
        self._target = b""
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._open_connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._open_connections.discard(self)
        self._transport = None
        if self._held is not None:
            self._held.cancel()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._refuse(Response(400))
        self._answer_all()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def on_message_begin(self) -> None:
        self._target, self._headers, self._body = b"", {}, bytearray()

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        if self._headers.get("expect", "").lower() == "100-continue" and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body += body
        if len(self._body) > self._longest_body:
            self._refuse(Response(413))

    def on_message_complete(self) -> None:
        request = Request(
            self._parser.get_method().decode("latin-1"),
            self._target.decode("latin-1"),
            self._headers,
            bytes(self._body),
        )
        self._waiting.append((request, self._parser.should_keep_alive()))

    def _answer_all(self) -> None:
        """Answer what waits, up to an answer that is still to come, which those before it travel with.

        A runtime that asks for the next event while it posts a result is frozen by then: it could not read
        that the result was accepted before it is thawed, with the event.
        """
        answers: list[bytes] = []
        keep_alive = True
        while self._waiting and keep_alive and self._held is None:
            request, keep_alive = self._waiting.popleft()
            answer = self._handler(request)
            if isinstance(answer, Response):
                answers.append(answer.serialise(keep_alive=keep_alive))
            else:
                self._held = asyncio.ensure_future(answer)
                self._held.add_done_callback(partial(self._answer_late, b"".join(answers), keep_alive))
                return
        if answers and self._transport is not None:
            self._transport.write(b"".join(answers))
            if not keep_alive:
                self._transport.close()

    def _answer_late(self, before: bytes, keep_alive: bool, held: asyncio.Future[Response | Stream]) -> None:
        self._held = None
        if held.cancelled() or self._transport is None:
            return
        if fault := held.exception():
            # Whoever asked must not wait for ever.
            _LOGGER.error("a request could not be answered", exc_info=fault)
            self._transport.write(before + _FAULT.serialise(keep_alive=False))
            self._transport.close()
            return
        answer = held.result()
        if isinstance(answer, Stream):
            self._transport.write(before)
            self._held = asyncio.get_running_loop().create_task(self._stream(answer, self._transport))
            return
        self._transport.write(before + answer.serialise(keep_alive=keep_alive))
        if keep_alive:
            self._answer_all()
        else:
            self._transport.close()

    async def _stream(self, stream: Stream, transport: asyncio.Transport) -> None:
        transport.write(stream.head())
        async with aclosing(stream.chunks) as chunks:
            async for chunk in chunks:
                transport.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
                await self._writable.wait()
        transport.write(b"0\r\n\r\n")
        transport.close()

    def _refuse(self, response: Response) -> None:
        if self._transport is not None:
            self._transport.write(response.serialise(keep_alive=False))
            self._transport.close()
