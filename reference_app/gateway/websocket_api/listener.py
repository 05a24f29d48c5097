"""One TCP port for everything: plain and TLS are told apart by the first byte that a client sends."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from typing import TYPE_CHECKING

from reference_app.gateway.background_tasks import BackgroundTasks
from reference_app.gateway.http_server import send_at_once

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

_LOGGER = logging.getLogger(__name__)

_TLS_HANDSHAKE_RECORD = b"\x16"  # RFC 8446 section 5.1
FIRST_BYTE_TIMEOUT_S = 30.0
_BACKLOG = 4096
_ACCEPTS_PER_TURN = 64
_PAUSE_WITHOUT_FILES_S = 0.1
_OUT_OF_RESOURCES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Listener:
    """Accepts on one address and gives every client a protocol of its own; needs a running event loop."""

    def __init__(self, protocol: Callable[[], asyncio.Protocol], tls: ssl.SSLContext | None) -> None:
        """`tls` None means that clients which speak TLS are disconnected."""
        self._protocol = protocol
        self._tls = tls
        self._loop = asyncio.get_running_loop()
        self._socket: socket.socket | None = None
        self._silent: dict[socket.socket, asyncio.TimerHandle] = {}
        self._tasks = BackgroundTasks()

    def listen(self, host: str, port: int) -> int:
        """Listen, and return the port, which is the system's choice for 0. Raises OSError as it comes."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        self._socket.setblocking(False)
        send_at_once(self._socket)
        self._resume()
        bound: int = self._socket.getsockname()[1]
        return bound

    async def close(self, within_s: float) -> None:
        """Stop accepting; clients that have said nothing yet are cut off."""
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None
        for client in tuple(self._silent):
            self._forget(client)
            client.close()
        await self._tasks.finish(within_s)

    def _resume(self) -> None:
        if self._socket is not None:
            self._loop.add_reader(self._socket, self._accept, self._socket)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(_ACCEPTS_PER_TURN):
            try:
                client, _address = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _OUT_OF_RESOURCES:
                    raise
                _LOGGER.warning("cannot accept clients for now: %s", error)
                self._loop.remove_reader(listening)
                self._loop.call_later(_PAUSE_WITHOUT_FILES_S, self._resume)
                return
            client.setblocking(False)
            self._first_byte(client)

    def _first_byte(self, client: socket.socket) -> None:
        try:
            first = client.recv(1, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            self._listen_to(client)
            return
        except OSError:
            first = b""
        speaks_tls = first == _TLS_HANDSHAKE_RECORD
        if not first or (speaks_tls and self._tls is None):
            self._drop(client)
            return
        self._forget(client)
        self._tasks.start(self._serve(client, self._tls if speaks_tls else None))

    async def _serve(self, client: socket.socket, tls: ssl.SSLContext | None) -> None:
        try:
            await self._loop.connect_accepted_socket(self._protocol, client, ssl=tls)
        except OSError as error:  # a TLS handshake that fails is one as well
            _LOGGER.debug("client lost before its first request: %s", error)
            client.close()

    def _drop(self, client: socket.socket) -> None:
        self._forget(client)
        client.close()

    def _listen_to(self, client: socket.socket) -> None:
        """Wait until it says something; most clients have by the time they are accepted."""
        if client not in self._silent:
            self._silent[client] = self._loop.call_later(FIRST_BYTE_TIMEOUT_S, self._drop, client)
            self._loop.add_reader(client, self._first_byte, client)

    def _forget(self, client: socket.socket) -> None:
        if (timer := self._silent.pop(client, None)) is not None:
            timer.cancel()
            self._loop.remove_reader(client)
