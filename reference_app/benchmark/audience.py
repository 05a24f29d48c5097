"""WebSocket clients by the thousand in one event loop, as cheap as they can be."""

from __future__ import annotations

import asyncio
import json
import os
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Sequence
from typing import cast
from urllib.parse import urlsplit

PATIENCE_S = 60.0
"""The longest wait for an answer; whoever reaches it has lost something."""

_TEXT, _FINAL, _MASKED = 0x1, 0x80, 0x80
_LENGTH_16, _LENGTH_64 = 126, 127


class BenchmarkError(Exception):
    """A stack did not do what is to be measured."""


class Client(asyncio.Protocol):
    """One connection; `heard` is called with the payload of each frame."""

    def __init__(self, url: str) -> None:
        target = urlsplit(url)
        self._request = (
            f"GET {target.path or '/'} HTTP/1.1\r\nHost: {target.netloc}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {b64encode(os.urandom(16)).decode()}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ).encode()
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self.heard: Callable[[bytes], None] = lambda _payload: None

    async def open(self, host: str, port: int) -> None:
        """Shake hands. Raises OSError or BenchmarkError if that fails."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, host, port)
        try:
            await asyncio.wait_for(self._opened, PATIENCE_S)
        except TimeoutError as late:
            raise BenchmarkError(f"a handshake was not answered within {PATIENCE_S:g} s") from late

    def say(self, message: object) -> None:
        """Send a message as JSON in one text frame."""
        assert self._transport is not None
        self._transport.write(_masked_frame(json.dumps(message, separators=(",", ":")).encode()))

    async def ask(self, message: object) -> bytes:
        """Send a message and return the next frame that comes."""
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.heard = answer.set_result
        self.say(message)
        return await asyncio.wait_for(answer, PATIENCE_S)

    async def leave(self) -> None:
        """End the TCP connection."""
        if self._transport is not None:
            self._transport.abort()
            await self._ended

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended.set_result(None)
        if not self._opened.done():
            self._opened.set_exception(BenchmarkError(f"the handshake was cut off: {exc}"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._opened.done():
            self._take_handshake()
        while (payload := self._next_frame()) is not None:
            self.heard(payload)

    def _take_handshake(self) -> None:
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        status = head.partition(b"\r\n")[0].decode("latin-1")
        self._buffer = rest
        if " 101 " in status:
            self._opened.set_result(None)
        else:
            self._opened.set_exception(BenchmarkError(f"the handshake was answered by {status!r}"))

    def _next_frame(self) -> bytes | None:
        if len(self._buffer) < 2 or not self._opened.done():
            return None
        length, start = self._buffer[1], 2
        if length == _LENGTH_16:
            length, start = int.from_bytes(self._buffer[2:4]), 4
        elif length == _LENGTH_64:
            length, start = int.from_bytes(self._buffer[2:10]), 10
        if len(self._buffer) < start + length:
            return None
        payload, self._buffer = self._buffer[start : start + length], self._buffer[start + length :]
        return payload


class Audience:
    """Clients that listen, and the ids by which the gateway knows them."""

    def __init__(self, clients: Sequence[Client], ids: Sequence[str]) -> None:
        self.ids = ids
        self._clients = clients
        self._heard: Counter[bytes] = Counter()
        self._complete: dict[bytes, asyncio.Future[None]] = {}
        for client in clients:
            client.heard = self._count

    async def hears(self, payload: str, say: Callable[[], None]) -> None:
        """Say something, and return once every listener has heard `payload`, said by nobody else meanwhile.

        Raises BenchmarkError if somebody does not.
        """
        wanted = payload.encode()
        self._complete[wanted] = asyncio.get_running_loop().create_future()
        say()
        try:
            await asyncio.wait_for(self._complete[wanted], PATIENCE_S)
        except TimeoutError as late:
            missing = len(self._clients) - self._heard[wanted]
            raise BenchmarkError(f"{missing} of {len(self._clients)} listeners heard nothing") from late
        del self._complete[wanted], self._heard[wanted]

    def _count(self, payload: bytes) -> None:
        self._heard[payload] += 1
        if self._heard[payload] == len(self._clients) and payload in self._complete:
            self._complete[payload].set_result(None)


async def connect(url: str, count: int, at_once: int) -> list[Client]:
    """Open connections, `at_once` handshakes at a time; one that fails closes them all.

    Raises its OSError or BenchmarkError.
    """
    target = urlsplit(url)
    host, port = target.hostname or "", target.port or 80
    clients = [Client(url) for _ in range(count)]
    places = asyncio.Semaphore(at_once)

    async def open_one(client: Client) -> None:
        async with places:
            await client.open(host, port)

    try:
        async with asyncio.TaskGroup() as tasks:
            for client in clients:
                tasks.create_task(open_one(client))
    except ExceptionGroup as failed:
        await leave(clients)
        raise failed.exceptions[0] from failed
    return clients


async def leave(clients: Sequence[Client]) -> None:
    """End the connections."""
    await asyncio.gather(*(client.leave() for client in clients))


def _masked_frame(payload: bytes) -> bytes:
    mask = os.urandom(4)
    size = len(payload)
    head = bytes([_FINAL | _TEXT])
    head += bytes([_MASKED | size]) if size < _LENGTH_16 else bytes([_MASKED | _LENGTH_16]) + size.to_bytes(2)
    repeated = (mask * (size // 4 + 1))[:size]
    body = int.from_bytes(payload) ^ int.from_bytes(repeated)
    return head + mask + body.to_bytes(size)
