"""What is done twice a second while a load runs: statistics, the running tally, memory that is free."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import gevent
from locust.env import Environment

from conformance.harness.errors import HarnessError

from . import _locust_statistics as statistics
from ._freed_memory import Trimmer
from ._load_run import LoadRun

_log = logging.getLogger("churnproof")

_PERIOD_S = 0.5


@dataclass(frozen=True)
class Standing:
    """How the load stands in one process."""

    connections: int = 0
    sent: int = 0
    delivered: int = 0
    missing: int = 0
    """At the least."""
    corrupted: int = 0

    def __add__(self, other: Standing) -> Standing:
        return Standing(
            self.connections + other.connections,
            self.sent + other.sent,
            self.delivered + other.delivered,
            self.missing + other.missing,
            self.corrupted + other.corrupted,
        )

    def __str__(self) -> str:
        lost = f"at least {self.missing:,} missing" if self.missing else "none missing"
        damaged = f", {self.corrupted:,} damaged" if self.corrupted else ""
        counts = f"{self.connections:,} connections, {self.sent:,} sent, {self.delivered:,} delivered"
        return f"{counts}, {lost}{damaged}"


class Bookkeeper:
    """Keeps a run's books in a greenlet; `broken` is called once if the record cannot be relied on."""

    def __init__(self, run: LoadRun, environment: Environment, broken: Callable[[], None]) -> None:
        self._run = run
        self._environment = environment
        self._broken = broken
        self._told = False
        self._trimmer = Trimmer()
        self._greenlet = gevent.Greenlet(self._keep)

    @property
    def standing(self) -> Standing:
        tally, arrivals = self._run.tally, self._run.fleet.arrivals
        return Standing(tally.open, tally.sent, arrivals.delivered, tally.missing, arrivals.corrupted)

    def start(self) -> None:
        self._greenlet.start()

    def stop(self) -> None:
        """Do it one last time, when no more deliveries can come."""
        self._greenlet.kill()
        self._balance()

    def _keep(self) -> None:
        while True:
            gevent.sleep(_PERIOD_S)
            self._balance()
            self._trimmer.connections(self._run.tally.open)
            self._tell_if_broken()

    def _tell_if_broken(self) -> None:
        try:
            self._run.fleet.check()
        except HarnessError as error:
            if not self._told:
                self._told = True
                _log.error("%s", error)
                self._broken()

    def _balance(self) -> None:
        run = self._run
        run.notice_partings()
        run.fleet.receiver.hand_over()
        batch = run.fleet.arrivals.take()
        if batch is not None:
            run.tally.received(batch, time.monotonic_ns())
            size = run.plan.pace.payload_bytes
            statistics.deliveries(self._environment.stats, batch.latency_ns, size)
        run.tally.settle(time.monotonic_ns())
