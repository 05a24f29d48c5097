"""Everybody is silent until the idle limit closes them."""

from __future__ import annotations

import pytest

from conformance.harness.client import Client
from loadtests import _idle_herd
from loadtests._idle_herd import IDLE_S, IdleHerd


class Silent(Client):
    """A client that is there until it is told otherwise."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.there = True

    @property
    def is_open(self) -> bool:
        return self.there


class Crowd:
    """Two clients, closed when the time passes, who come back when they are told of it."""

    def __init__(self) -> None:
        self.clients = [Silent(0), Silent(1)]
        self.said: list[object] = []

    def pass_time(self, seconds: float) -> None:
        self.said.append(seconds)
        for client in self.clients:
            client.there = False

    def notice_partings(self) -> None:
        self.said.append("noticed")
        self.clients = [Silent(2), Silent(3)]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_idle_herd, "_POLL_S", 0.001)


def test_the_idle_limit_passes_for_everybody_who_is_there_then_they_are_let_back_and_the_run_ends() -> None:
    crowd = Crowd()
    IdleHerd(crowd, crowd.pass_time, lambda: crowd.said.append("end")).live()
    assert crowd.said == [IDLE_S, "noticed", "end"]


def test_the_run_ends_even_if_the_clock_cannot_be_moved() -> None:
    crowd = Crowd()

    def broken(_seconds: float) -> None:
        raise RuntimeError("no clock")

    with pytest.raises(RuntimeError):
        IdleHerd(crowd, broken, lambda: crowd.said.append("end")).live()
    assert crowd.said == ["end"]
