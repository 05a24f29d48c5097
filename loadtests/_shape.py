"""Scenarios as Locust's load shapes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping

from locust import LoadTestShape
from locust.env import Environment

from reports.capacity import Search, Window

from ._bookkeeping import Standing
from ._capacity_search import CapacitySearch
from ._locust_statistics import deliveries_of
from ._scenarios import Extent, Users

_log = logging.getLogger("churnproof")

_FIRST = 10
"""Users of a capacity search's first stage, at most."""
_ARRIVE_S = 15.0
"""In which nine of ten must have connected."""
_SETTLE_S = 1.0
_PRESENT = 0.9


class CurveShape(LoadTestShape):
    """As many users as a curve says."""

    def __init__(self, curve: Callable[[float], Users | None]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._curve = curve

    def tick(self) -> Users | None:
        return self._curve(self.get_run_time())  # type: ignore[no-untyped-call]


class CapacityShape(LoadTestShape):
    """Tries loads, a stage each: users arrive, talk for `stage_s`, and what they sent becomes due.

    Live figures steer it; what held is decided afterwards, from the record (`reports.capacity`).
    """

    def __init__(
        self,
        environment: Environment,
        extent: Extent,
        standing: Callable[[], Standing],
        stage_s: float,
        deliver_s: float,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._environment = environment
        self._extent = extent
        self._standing = standing
        self._stage_s = stage_s
        self._deliver_s = deliver_s
        self._windows: list[Window] = []
        self._begin()

    @property
    def so_far(self) -> Search:
        """The stages that were tried to their end."""
        return Search(tuple(self._windows), ended=self._search.load is None)

    def reset_time(self) -> None:
        super().reset_time()  # type: ignore[no-untyped-call]
        self._begin()

    def tick(self) -> Users | None:
        now_s = time.monotonic()
        limit_s = self._extent.seconds
        if limit_s is not None and self.get_run_time() >= limit_s:  # type: ignore[no-untyped-call]
            return None
        self._advance(now_s)
        load = self._search.load
        if load is None:
            return None
        return load, self._extent.spawn_rate or float(load)

    def _begin(self) -> None:
        self._windows.clear()
        self._search = CapacitySearch(min(_FIRST, self._extent.users), self._extent.users)
        self._arriving, self._begun_s = True, time.monotonic()
        self._since_s = 0.0
        self._settle_s = _SETTLE_S
        self._baseline_taken = False
        self._missing = 0
        self._latencies: Mapping[int, int] = {}

    def _advance(self, now_s: float) -> None:
        load = self._search.load
        if load is None:
            return
        if self._arriving:
            if self._standing().connections >= _PRESENT * load:
                self._arriving, self._since_s = False, now_s + self._settle_s
                self._baseline_taken = False
            elif now_s - self._begun_s > _ARRIVE_S:
                there = f"{self._standing().connections} of {load} users connected"
                self._end_stage(load, now_s, now_s, now_s, there)
        elif now_s < self._since_s:
            return
        elif not self._baseline_taken:
            # Only now: what the stage before owed had until here to come, or to be missed.
            self._missing, self._latencies = self._standing().missing, self._histogram()
            self._baseline_taken = True
        elif now_s - self._since_s >= self._stage_s + self._deliver_s + _SETTLE_S:
            self._end_stage(load, self._since_s, self._since_s + self._stage_s, now_s, self._why_broken())

    def _end_stage(self, load: int, since_s: float, until_s: float, now_s: float, broken: str) -> None:
        since, until, begun, ended = (round(at_s * 1e9) for at_s in (since_s, until_s, self._begun_s, now_s))
        self._windows.append(Window(load, since, until, begun, ended, broken))
        _log.info("capacity: %d users %s", load, f"do not hold: {broken}" if broken else "seem to hold")
        self._search.tried(held=not broken)
        self._arriving, self._begun_s = True, now_s
        # What a load that broke still owes must not break the next: it is missed after the bound.
        self._settle_s = _SETTLE_S + (self._deliver_s if broken else 0.0)

    def _why_broken(self) -> str:
        missing = self._standing().missing - self._missing
        if missing > 0:
            return f"at least {missing} deliveries are missing"
        late = sum(
            count - self._latencies.get(ms, 0)
            for ms, count in self._histogram().items()
            if ms > self._deliver_s * 1000
        )
        return f"{late} deliveries were late" if late else ""

    def _histogram(self) -> Mapping[int, int]:
        return dict(deliveries_of(self._environment.stats).response_times)
