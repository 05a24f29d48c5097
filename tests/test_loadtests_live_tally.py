"""The running count of what is missing: a lower bound."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from loadtests._arrivals import Batch
from loadtests._live_tally import LiveTally

_BOUND = 100


def _batch(message: int, intended_ns: int, copies: int) -> Batch:
    def column(value: int) -> npt.NDArray[np.int64]:
        return np.array([value], np.int64)

    return Batch(column(message), column(intended_ns), column(copies), np.zeros(0, np.int64))


def _audience(size: int) -> LiveTally:
    tally = LiveTally(_BOUND)
    for _ in range(size):
        tally.connected(10)
    return tally


def test_nothing_is_missing_when_all_have_heard() -> None:
    tally = _audience(3)
    tally.spoken(1, 20)
    tally.received(_batch(1, 20, 3))
    tally.settle(200)
    assert tally.missing == 0


def test_those_who_have_not_heard_within_the_bound_are_missing() -> None:
    tally = _audience(3)
    tally.spoken(1, 20)
    tally.received(_batch(1, 20, 1))
    tally.settle(119)
    assert tally.missing == 0
    tally.settle(120)
    assert tally.missing == 2


def test_a_message_of_another_process_is_owed_too() -> None:
    tally = _audience(3)
    tally.received(_batch(1, 20, 2))
    tally.settle(200)
    assert tally.missing == 1
    assert tally.sent == 0


def test_who_left_meanwhile_is_owed_nothing() -> None:
    tally = _audience(3)
    tally.spoken(1, 20)
    tally.disconnected(50)
    tally.received(_batch(1, 20, 2))
    tally.settle(200)
    assert tally.missing == 0


def test_who_came_later_is_owed_nothing() -> None:
    tally = _audience(1)
    tally.spoken(1, 20)
    tally.connected(50)
    tally.received(_batch(1, 20, 1))
    tally.settle(200)
    assert tally.missing == 0


def test_copies_to_strangers_never_make_the_count_negative() -> None:
    tally = _audience(1)
    tally.received(_batch(1, 20, 5))
    tally.settle(200)
    assert tally.missing == 0


def test_the_account_is_the_same_after_much_has_been_forgotten() -> None:
    tally = LiveTally(_BOUND)
    for moment in range(5000):
        tally.connected(moment)
        tally.disconnected(moment)
        tally.spoken(moment, moment)
        tally.settle(moment)
    tally.connected(5000)
    tally.spoken(9999, 5001)
    tally.settle(6000)
    assert tally.open == 1
    assert tally.missing == 1
