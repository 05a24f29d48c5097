"""Connections to one host, kept open from one request to the next and from one event to the next."""

from __future__ import annotations

import socket
import time
from collections import deque
from select import POLLIN, poll
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

CONNECT_TIMEOUT_S = 1.0
ANSWER_TIMEOUT_S = 3.0
IDLE_LIMIT_S = 20.0
"""The end of an idle connection may pass unheard while the execution environment is frozen (RC-20)."""


class KeptConnections:
    """Sockets that are connected and idle; may be used from many threads at once.

    The one used last is taken first, so that as few as possible are open.
    """

    def __init__(
        self, host: str, port: int, tls: ssl.SSLContext | None, clock: Callable[[], float] = time.time
    ) -> None:
        """`tls` None means none; `clock` is one that a freeze does not stop."""
        self._host = host
        self._port = port
        self._tls = tls
        self._clock = clock
        self._idle: deque[tuple[socket.socket, float]] = deque()

    def take(self) -> socket.socket:
        """Return a connected socket, an idle one if there is any; raises OSError if none comes about."""
        while True:
            try:
                connection, idle_since = self._idle.pop()
            except IndexError:
                return self._connect()
            if self._clock() - idle_since < IDLE_LIMIT_S and _is_quiet(connection):
                return connection
            connection.close()

    def give_back(self, connection: socket.socket) -> None:
        """Keep a socket whose answer has been read to its end."""
        self._idle.append((connection, self._clock()))

    def close(self) -> None:
        """Close those that are idle."""
        while self._idle:
            self._idle.pop()[0].close()

    def _connect(self) -> socket.socket:
        connection = socket.create_connection((self._host, self._port), CONNECT_TIMEOUT_S)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_hostname=self._host)
        except OSError:
            connection.close()
            raise
        connection.settimeout(ANSWER_TIMEOUT_S)
        return connection


def _is_quiet(connection: socket.socket) -> bool:
    """Tell whether nothing has come since the last answer; what comes unasked is the other side's end."""
    waiting = poll()
    waiting.register(connection, POLLIN)
    return not waiting.poll(0)
