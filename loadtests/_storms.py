"""Reconnect storms: everybody is cut off at the same moment, and comes back.

All processes of a run keep the same times, since they count from its first second on one clock. Every
other storm is spread: users come back within the jitter instead of at once, which is what a client
library should do.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Protocol

import gevent
from gevent.event import Event

from conformance.harness.client import Client


class Stormy(Protocol):
    """What a storm needs of a run."""

    calm: Event
    return_within_s: float
    """Users that lost their connection come back within so long."""

    @property
    def clients(self) -> Iterable[Client]: ...

    def notice_partings(self) -> None:
        """Let users know at once that their connection is gone."""


class Storms:
    """Cuts everybody off every `every_s` seconds, until the run calms down."""

    def __init__(self, run: Stormy, every_s: float, jitter_s: float) -> None:
        self._run = run
        self._every_s = every_s
        self._jitter_s = jitter_s
        self._greenlet = gevent.Greenlet(self._blow)

    def start(self) -> None:
        self._greenlet.start()

    def stop(self) -> None:
        self._greenlet.kill()

    def _blow(self) -> None:
        begun_s = time.monotonic()
        number = 1
        while not self._run.calm.wait(max(0.0, begun_s + number * self._every_s - time.monotonic())):
            self._run.return_within_s = 0.0 if number % 2 else self._jitter_s
            for client in list(self._run.clients):
                client.abort()
            self._run.notice_partings()
            number += 1
