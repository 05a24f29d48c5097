"""Lets a crowd connect a few at a time, in between the answers to those who came before.

What is under way in a handshake takes several times the memory of an open connection, and the first of a
thousand that begin at once would wait for the last before its answer is looked at.
"""

from __future__ import annotations

from collections import deque
from typing import Protocol

from gevent.hub import Waiter, get_hub

_AT_A_TURN = 32


class _Timer(Protocol):
    def close(self) -> None: ...


class ConnectTurns:
    """So many handshakes begin in one turn of gevent's loop; how many are under way is not limited."""

    def __init__(self) -> None:
        self._left = _AT_A_TURN
        """Of this turn."""
        self._crowd: deque[Waiter] = deque()
        self._timer: _Timer | None = None

    def wait(self) -> None:
        """Return when it is the caller's turn to connect."""
        if self._left:
            self._left -= 1
            self._arm()
            return
        waiter = Waiter()
        self._crowd.append(waiter)
        waiter.get()

    def _arm(self) -> None:
        if self._timer is None:
            # What is due at once still comes after the sockets that are ready.
            timer = get_hub().loop.timer(0.0)
            timer.start(self._turn)
            self._timer = timer

    def _turn(self) -> None:
        if self._timer is not None:
            self._timer.close()
            self._timer = None
        for _ in range(min(_AT_A_TURN, len(self._crowd))):
            self._crowd.popleft().switch(None)
        if self._crowd:
            self._arm()
        else:
            self._left = _AT_A_TURN
