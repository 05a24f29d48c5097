"""The running count of what is missing: a lower bound."""

from __future__ import annotations

import pickle

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
    tally.spoken(1, 20, 20)
    tally.received(_batch(1, 20, 3), 30)
    tally.settle(200)
    assert tally.missing == 0


def test_those_who_have_not_heard_within_the_bound_are_missing() -> None:
    tally = _audience(3)
    tally.spoken(1, 20, 20)
    tally.received(_batch(1, 20, 1), 30)
    tally.settle(119)
    assert tally.missing == 0
    tally.settle(120)
    assert tally.missing == 2


def test_a_message_of_another_process_is_owed_too() -> None:
    tally = _audience(3)
    tally.received(_batch(1, 20, 2), 30)
    tally.settle(200)
    assert tally.missing == 1
    assert tally.sent == 0


def test_who_left_meanwhile_is_owed_nothing() -> None:
    tally = _audience(3)
    tally.spoken(1, 20, 20)
    tally.disconnected(50)
    tally.received(_batch(1, 20, 2), 30)
    tally.settle(200)
    assert tally.missing == 0


def test_who_came_later_is_owed_nothing() -> None:
    tally = _audience(1)
    tally.spoken(1, 20, 20)
    tally.connected(50)
    tally.received(_batch(1, 20, 1), 30)
    tally.settle(200)
    assert tally.missing == 0


def test_copies_to_strangers_never_make_the_count_negative() -> None:
    tally = _audience(1)
    tally.received(_batch(1, 20, 5), 30)
    tally.settle(200)
    assert tally.missing == 0


def test_the_account_is_the_same_after_much_has_been_forgotten() -> None:
    tally = LiveTally(_BOUND)
    for moment in range(5000):
        tally.connected(moment)
        tally.disconnected(moment)
        tally.spoken(moment, moment, moment)
        tally.settle(moment)
    tally.connected(5000)
    tally.spoken(9999, 5001, 5001)
    tally.settle(6000)
    assert tally.open == 1
    assert tally.missing == 1


def test_copies_that_come_when_the_account_is_closed_are_not_missed_twice() -> None:
    tally = _audience(3)
    tally.spoken(1, 20, 20)
    tally.received(_batch(1, 20, 2), 30)
    tally.settle(200)
    tally.received(_batch(1, 20, 1), 210)
    tally.settle(400)
    assert tally.missing == 1


def test_what_was_sent_late_has_its_whole_bound_from_then_on() -> None:
    tally = _audience(3)
    tally.spoken(1, 20, 100)
    tally.settle(199)
    tally.received(_batch(1, 20, 3), 199)
    tally.settle(300)
    assert tally.missing == 0


def test_a_soak_of_hours_takes_no_more_memory_than_its_first_minutes() -> None:
    """Pickled, an account is as long as everything that it holds."""
    tally, second = LiveTally(1_000_000_000), 1_000_000_000
    sizes = []
    for now_s in range(20_000):
        now_ns = now_s * second
        tally.connected(now_ns)
        tally.disconnected(now_ns + 1)
        if now_s < 10_000:  # and then hours of silence, in which they still come and go
            tally.spoken(now_s, now_ns, now_ns)
            tally.received(_batch(now_s, now_ns, 2), now_ns)
        tally.settle(now_ns)
        if now_s % 1000 == 999:
            sizes.append(len(pickle.dumps(tally)))
    assert max(sizes[2:]) < 1.5 * max(sizes[:2])
