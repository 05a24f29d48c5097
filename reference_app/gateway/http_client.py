"""A small HTTP/1.1 client for one origin: connections are kept and used again, one request at a time each."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

import httptools


class OriginError(Exception):
    """The origin cannot be reached, or does not speak HTTP."""


@dataclass(frozen=True)
class Reply:
    """A whole response; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpClient:
    """Sends requests to one origin; needs a running event loop."""

    def __init__(self, url: str) -> None:
        """Raises ValueError for what is not a URL of http or https."""
        origin = urlsplit(url)
        if origin.scheme not in {"http", "https"} or origin.hostname is None:
            raise ValueError(f"{url!r} is not a URL of http or https")
        self._host = origin.hostname
        self._port = origin.port or (443 if origin.scheme == "https" else 80)
        self._tls = ssl.create_default_context() if origin.scheme == "https" else None
        self.authority = origin.netloc
        self._idle: list[_Exchange] = []
        self._all: set[_Exchange] = set()

    async def request(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Send a request and wait for its reply. Raises OriginError.

        `headers` go out as they are, but for those of the connection and the length. A request that a kept
        connection swallowed at its end is sent once more: it has not been answered, so it has not been seen.
        """
        lines = [f"{method} {target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items() if name.lower() not in _HOP_BY_HOP]
        lines += [f"Content-Length: {len(body)}", "", ""]
        data = "\r\n".join(lines).encode("latin-1") + body
        while self._idle:
            exchange = self._idle.pop()
            if exchange.is_open and (reply := await self._exchange(exchange, data)) is not None:
                return reply
        if (reply := await self._exchange(await self._connect(), data)) is None:
            raise OriginError(f"{self.authority} ended the connection without an answer")
        return reply

    async def close(self) -> None:
        """End every connection."""
        for exchange in tuple(self._all):
            exchange.abort()
        await asyncio.sleep(0)  # one turn of the loop, in which the sockets are closed

    async def _connect(self) -> _Exchange:
        loop = asyncio.get_running_loop()
        try:
            _, exchange = await loop.create_connection(
                lambda: _Exchange(self._all), self._host, self._port, ssl=self._tls
            )
        except OSError as refused:
            raise OriginError(f"{self.authority} cannot be reached: {refused}") from refused
        return exchange

    async def _exchange(self, exchange: _Exchange, data: bytes) -> Reply | None:
        try:
            reply = await exchange.send(data)
        except BaseException:
            exchange.abort()  # whatever comes on it now belongs to nobody
            raise
        if exchange.is_open:
            self._idle.append(exchange)
        return reply


class _Exchange(asyncio.Protocol):
    """One connection to the origin."""

    def __init__(self, connections: set[_Exchange]) -> None:
        self._connections = connections
        self._transport: asyncio.Transport | None = None
        self._reply: asyncio.Future[Reply | None] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._body = bytearray()

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def send(self, data: bytes) -> Reply | None:
        """Return the reply; None when the connection ended instead."""
        assert self._transport is not None
        self._reply = asyncio.get_running_loop().create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._transport.write(data)
        return await self._reply

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._connections.discard(self)
        self._transport = None
        self._end(None)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as wrong:
            if self._reply is not None and not self._reply.done():
                self._reply.set_exception(OriginError(f"the origin does not speak HTTP: {wrong}"))
            self.abort()

    def on_message_begin(self) -> None:
        self._headers, self._body = {}, bytearray()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:
            return
        if not self._parser.should_keep_alive() and self._transport is not None:
            self._transport.close()
        self._end(Reply(status, self._headers, bytes(self._body)))

    def _end(self, reply: Reply | None) -> None:
        if self._reply is not None and not self._reply.done():
            self._reply.set_result(reply)


_HOP_BY_HOP = frozenset({"connection", "content-length", "expect", "keep-alive", "transfer-encoding"})
