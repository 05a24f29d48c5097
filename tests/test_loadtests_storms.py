"""Everybody is cut off, again and again, until the run calms down."""

from __future__ import annotations

from gevent.event import Event

from conformance.harness.client import Client
from loadtests._storms import Storms


class Cut(Client):
    """A client that only counts how often it was cut off."""

    def __init__(self) -> None:
        self.aborts = 0

    def abort(self) -> None:
        self.aborts += 1


class Crowd:
    """A run whose users never come back; it calms down after so many storms."""

    def __init__(self, storms: int) -> None:
        self.calm = Event()
        self.return_within_s = -1.0
        self.clients = [Cut(), Cut()]
        self.spreads: list[float] = []
        self._storms = storms

    def notice_partings(self) -> None:
        self.spreads.append(self.return_within_s)
        if len(self.spreads) == self._storms:
            self.calm.set()


def test_every_storm_cuts_everybody_off_and_every_other_one_spreads_the_return() -> None:
    crowd = Crowd(3)
    Storms(crowd, every_s=0.001, jitter_s=5.0)._blow()
    assert crowd.spreads == [0.0, 5.0, 0.0]
    assert [client.aborts for client in crowd.clients] == [3, 3]


def test_a_run_that_is_calm_has_no_storm() -> None:
    crowd = Crowd(1)
    crowd.calm.set()
    Storms(crowd, every_s=0.001, jitter_s=5.0)._blow()
    assert crowd.spreads == []
