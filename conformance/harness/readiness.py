"""Which of many descriptors can be read: epoll where there is one, `selectors` elsewhere."""

from __future__ import annotations

import select
import selectors
from typing import Protocol

READABLE = 1
"""EPOLLIN, by its value: the constant is absent where epoll is, and under gevent."""


class Poller(Protocol):
    """The part of `select.epoll` that is needed; any object that has it can be injected."""

    def register(self, fd: int, eventmask: int = READABLE, /) -> None: ...

    def unregister(self, fd: int, /) -> None: ...

    def poll(self, timeout: float | None = None, /) -> list[tuple[int, int]]:
        """(descriptor, events) of each that is ready or broken, within `timeout` seconds."""

    def fileno(self) -> int:
        """A descriptor that is itself readable whenever one of the registered ones is."""

    def close(self) -> None: ...


class SelectorPoller:
    """`selectors` behind the same five methods."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def register(self, fd: int, eventmask: int = READABLE, /) -> None:
        self._selector.register(fd, selectors.EVENT_READ, eventmask)

    def unregister(self, fd: int, /) -> None:
        self._selector.unregister(fd)

    def poll(self, timeout: float | None = None, /) -> list[tuple[int, int]]:
        return [(key.fd, READABLE) for key, _ in self._selector.select(timeout)]

    def fileno(self) -> int:
        file_number = getattr(self._selector, "fileno", None)
        if file_number is None:
            raise OSError("this system has no poller that can itself be waited for")
        descriptor: int = file_number()
        return descriptor

    def close(self) -> None:
        self._selector.close()


def new_poller() -> Poller:
    """The fastest poller of this system."""
    epoll = getattr(select, "epoll", None)
    if epoll is None:
        return SelectorPoller()
    poller: Poller = epoll()
    return poller
