"""Connects TCP, thousands of times to the same place: the name is looked up now and then.

Sockets are the interpreter's own, as in `transport`. Looking a name up costs more than connecting,
and under gevent goes through a pool of ten threads.
"""

from __future__ import annotations

import _socket
import errno
import os
import socket
import threading
import time
from typing import Any, TypeAlias

from .deadline import Deadline
from .transport import wait_writable

_NAME_HOLDS_S = 30.0
"""API Gateway's addresses change, and spread the load."""
_NEXT_ADDRESS_S = 3.0
"""So long an address may take where there are others: one that takes no packets must not cost it all."""
_UNDER_WAY = (errno.EINPROGRESS, errno.EALREADY)
_THERE = (0, errno.EISCONN)

_Address: TypeAlias = tuple[int, int, int, tuple[Any, ...]]
"""Family, type, protocol and socket address."""


class Place:
    """A host and a port; safe to use from several threads."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._lock = threading.Lock()
        self._addresses: list[_Address] = []
        self._until = 0.0

    def connect(self, deadline: Deadline) -> _socket.socket:
        """A connected, non-blocking socket without Nagle's delay, to the first address that answers.

        Connections take turns in which address is first. Raises OSError: that of the last address.
        """
        failure: OSError = TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        addresses = self._turn()
        for place, (family, kind, protocol, address) in enumerate(addresses, start=1):
            is_last = place == len(addresses)
            limit = deadline if is_last else Deadline(min(_NEXT_ADDRESS_S, deadline.remaining()))
            connecting = _socket.socket(family, kind, protocol)
            try:
                _connect(connecting, address, limit)
                return connecting
            except OSError as error:
                connecting.close()
                failure = error
            except BaseException:
                connecting.close()
                raise
        raise failure

    def _turn(self) -> list[_Address]:
        with self._lock:
            if time.monotonic() >= self._until:
                found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
                self._addresses = [(int(f), int(k), p, a) for f, k, p, _, a in found]
                self._until = time.monotonic() + _NAME_HOLDS_S
            else:
                self._addresses = self._addresses[1:] + self._addresses[:1]
            return self._addresses


def _connect(connecting: _socket.socket, address: tuple[Any, ...], deadline: Deadline) -> None:
    connecting.setblocking(False)
    connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    code = _connect_ex(connecting, address)
    if code in _UNDER_WAY:
        code = _connect_ex(connecting, address)  # on this machine it is done by now
    while code in _UNDER_WAY:
        if deadline.expired():
            code = errno.ETIMEDOUT
            break
        wait_writable(connecting.fileno(), deadline)
        code = _connect_ex(connecting, address)
    if code not in _THERE:
        raise OSError(code, os.strerror(code))


def _connect_ex(connecting: _socket.socket, address: tuple[Any, ...]) -> int:
    return connecting.connect_ex(address)
