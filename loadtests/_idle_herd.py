"""An idle herd: everybody is silent until API Gateway closes them all, and everybody comes back.

The idle limit is ten minutes (LM-3), a little late (LM-16). Where the target has a control endpoint its
clock is moved there; elsewhere the time passes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import gevent

from conformance.harness.client import Client
from conformance.harness.deadline import Deadline, wait_for

_log = logging.getLogger("churnproof")

IDLE_S = 605.0
_GATHER_S = 120.0
_CLOSE_S = 60.0
_RETURN_S = 30.0
_POLL_S = 0.1
_STEADY = 20
"""So many looks must find the same clients: then nobody comes any more."""


class Herd(Protocol):
    """What is needed of a run whose users are silent."""

    @property
    def clients(self) -> Sequence[Client]: ...

    def notice_partings(self) -> None:
        """Let users know at once that their connection is gone."""


class IdleHerd:
    """Lets the idle limit pass, once; then calls `end`."""

    def __init__(self, run: Herd, pass_time: Callable[[float], object], end: Callable[[], None]) -> None:
        self._run = run
        self._pass_time = pass_time
        self._end = end
        self._greenlet = gevent.Greenlet(self.live)

    def start(self) -> None:
        self._greenlet.start()

    def stop(self) -> None:
        self._greenlet.kill()

    def live(self) -> None:
        try:
            self._pass_the_limit()
        finally:
            self._end()

    def _pass_the_limit(self) -> None:
        wait_for(_steady(lambda: frozenset(_open(self._run.clients))), Deadline(_GATHER_S), _POLL_S)
        herd = [client for client in self._run.clients if client.is_open]
        _log.info("idle herd: %d connections are silent; %g s pass", len(herd), IDLE_S)
        self._pass_time(IDLE_S)
        wait_for(lambda: not any(_open(herd)), Deadline(_CLOSE_S), _POLL_S)
        self._run.notice_partings()
        wait_for(lambda: all(client.is_open for client in self._run.clients), Deadline(_RETURN_S), _POLL_S)


def _open(clients: Iterable[Client]) -> list[int]:
    return [client.number for client in clients if client.is_open]


def _steady(look: Callable[[], frozenset[int]]) -> Callable[[], bool]:
    """True once `look` has found the same, and something, in so many calls in a row."""
    last: frozenset[int] = frozenset()
    times = 0

    def steady() -> bool:
        nonlocal last, times
        found = look()
        times = times + 1 if found and found == last else 0
        last = found
        return times >= _STEADY

    return steady
