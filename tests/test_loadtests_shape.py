"""What steers a capacity search while it runs."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from locust.env import Environment

import loadtests._shape
from loadtests import _locust_statistics as statistics
from loadtests._bookkeeping import Standing
from loadtests._scenarios import Extent
from loadtests._shape import CapacityShape

_STAGE_S, _DELIVER_S = 2.0, 1.0


class _Steered:
    """A search on a clock of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, most: int = 20) -> None:
        self.now_s = 100.0
        self.standing = Standing()
        monkeypatch.setattr(loadtests._shape, "time", SimpleNamespace(monotonic=lambda: self.now_s))
        self.environment = Environment()
        extent = Extent(most, None, None)
        self.shape = CapacityShape(self.environment, extent, lambda: self.standing, _STAGE_S, _DELIVER_S)

    def pass_time(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.shape.tick()
            self.now_s += 0.1

    def arrive(self, users: int, missing: int = 0) -> None:
        self.standing = Standing(connections=users, missing=missing)

    @property
    def held(self) -> list[tuple[int, bool]]:
        return [(window.users, not window.broken) for window in self.shape.so_far.windows]


def test_a_stage_in_which_nothing_is_missing_or_late_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    search = _Steered(monkeypatch)
    search.arrive(10)
    search.pass_time(6.0)
    search.arrive(20)
    search.pass_time(6.0)
    assert search.held == [(10, True), (20, True)]
    assert search.shape.so_far.ended


def test_what_is_missed_before_its_window_begins_is_not_of_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    search = _Steered(monkeypatch)
    search.arrive(10)
    search.pass_time(0.5)
    search.arrive(10, missing=4)  # of whoever was still arriving
    search.pass_time(5.5)
    assert search.held == [(10, True)]


def test_what_a_load_that_broke_still_owes_does_not_break_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    search = _Steered(monkeypatch)
    search.arrive(10)
    search.pass_time(2.0)
    search.arrive(10, missing=1)
    search.pass_time(3.0)
    assert search.held == [(10, False)]
    search.arrive(5, missing=1)
    search.pass_time(1.5)
    search.arrive(5, missing=7)  # sent in the last moment of the stage before, and missed one bound later
    search.pass_time(5.0)
    assert search.held == [(10, False), (5, True)]


def test_deliveries_that_come_late_break_a_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    search = _Steered(monkeypatch)
    search.arrive(10)
    search.pass_time(2.0)
    statistics.deliveries(search.environment.stats, np.array([1_500_000_000], np.int64), 100)
    search.pass_time(4.0)
    (window,) = search.shape.so_far.windows
    assert window.broken == "1 deliveries were late"


def test_users_that_do_not_arrive_break_a_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    search = _Steered(monkeypatch)
    search.arrive(3)
    search.pass_time(16.0)
    (window,) = search.shape.so_far.windows
    assert window.broken == "3 of 10 users connected"
    assert not search.shape.so_far.ended
