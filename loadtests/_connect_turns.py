"""Lets a crowd connect a few at a time, in between the answers to those who came before.

What is under way in a handshake takes several times the memory of an open connection, and a thousand that
begin before the first answer is looked at find it waiting for a quarter of a second.
"""

from __future__ import annotations

from typing import Protocol

from gevent.hub import get_hub
from gevent.lock import Semaphore

_AT_A_TURN = 32


class _Timer(Protocol):
    def close(self) -> None: ...


class ConnectTurns:
    """So many handshakes begin in one turn of gevent's loop; how many are under way is not limited."""

    def __init__(self) -> None:
        self._free = Semaphore(_AT_A_TURN)
        self._taken = 0
        self._timer: _Timer | None = None

    def wait(self) -> None:
        """Return when it is the caller's turn to connect."""
        self._free.acquire()
        self._taken += 1
        if self._timer is None:
            # What is due at once is still behind the sockets that are ready.
            timer = get_hub().loop.timer(0.0)
            timer.start(self._turn)
            self._timer = timer

    def _turn(self) -> None:
        assert self._timer is not None
        self._timer.close()
        self._timer = None
        taken, self._taken = self._taken, 0
        for _ in range(taken):
            self._free.release()
