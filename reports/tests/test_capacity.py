"""Stages of a capacity search, held one by one against their limits."""

from __future__ import annotations

import numpy as np

from reports.capacity import Window, capacity, in_words
from reports.gates import Gate
from reports.latency_counts import TimeAxis
from reports.metrics import LOST, OwedPairs
from reports.results import Capacity, Results

from .sample_pairs import owed_pairs

_S = 1_000_000_000
_MS = 1_000_000
_RUN = Results("load", "pass", "", {}, 1, "", 60.0)


def window(users: int, since_s: int, broken: str = "") -> Window:
    """Ten seconds of one load."""
    return Window(users, since_s * _S, (since_s + 10) * _S, since_s * _S, (since_s + 12) * _S, broken)


_Pairs = list[tuple[int, float, int]]


def pairs(*rows: tuple[int, float, int]) -> _Pairs:
    """(message, when in seconds, latency in ns) of each."""
    return list(rows)


def found(windows: list[Window], owed: _Pairs, *gates: Gate) -> Capacity:
    def pairs_of(stage: Window) -> OwedPairs:
        rows = [row for row in owed if stage.since_ns <= row[1] * _S < stage.until_ns]
        return owed_pairs(
            np.array([message for message, _, _ in rows], np.int64),
            np.array([round(at_s * _S) for _, at_s, _ in rows], np.int64),
            np.array([latency for _, _, latency in rows], np.int64),
            TimeAxis.over(0, 60 * _S, 1.0),
        )

    return capacity(windows, pairs_of, _RUN, gates)


def test_the_answer_is_the_largest_load_that_held() -> None:
    answer = found(
        [window(10, 0), window(20, 20), window(40, 40)],
        pairs((1, 1, 5 * _MS), (1, 1, 6 * _MS), (2, 21, 5 * _MS), (3, 41, LOST)),
    )
    assert (answer.users, answer.broken_at) == (20, 40)
    assert [stage.held for stage in answer.stages] == [True, True, False]
    assert answer.stages[2].reason == "1 lost of 1 deliveries"


def test_a_larger_load_that_held_by_chance_is_no_answer() -> None:
    answer = found(
        [window(10, 0), window(20, 20), window(30, 40)],
        pairs((1, 1, 5 * _MS), (2, 21, LOST), (3, 41, 5 * _MS)),
    )
    assert (answer.users, answer.broken_at) == (10, 20)


def test_a_late_delivery_breaks_a_load_without_gates() -> None:
    answer = found([window(10, 0)], pairs((1, 1, 2 * _S)))
    assert (answer.users, answer.stages[0].reason) == (0, "1 late of 1 deliveries")


def test_gates_decide_where_they_are_given() -> None:
    gate = Gate("latency_ms.pair.p99", most=4.0)
    owed = pairs((1, 1, 3 * _MS), (2, 21, 5 * _MS))
    answer = found([window(10, 0), window(20, 20)], owed, gate)
    assert (answer.users, answer.broken_at) == (10, 20)
    assert "latency_ms.pair.p99 ≤ 4" in answer.stages[1].reason


def test_what_was_seen_to_break_while_it_ran_stays_broken() -> None:
    answer = found([window(10, 0, "5 of 10 users connected")], pairs((1, 1, 3 * _MS)))
    assert not answer.stages[0].held


def test_a_stage_without_evidence_does_not_hold() -> None:
    answer = found([window(10, 0)], pairs((1, 55, 3 * _MS)))
    assert (answer.users, answer.stages[0].reason) == (0, "nothing was owed")


def test_rates_are_those_of_the_load_that_held() -> None:
    answer = found([window(10, 0)], pairs(*((n // 2, 1, _MS) for n in range(100))))
    assert (answer.messages_per_s, answer.deliveries_per_s) == (5.0, 10.0)


def test_the_answer_is_a_sentence() -> None:
    assert in_words(Capacity(20, 5.0, 1000.0, 40)) == (
        "capacity: 20 users held, with 5.0 messages/s and 1,000 deliveries/s; 40 did not hold"
    )
    assert "no larger load was tried" in in_words(Capacity(20, 5.0, 1000.0, None))
    assert "no load was tried to its end" in in_words(Capacity(0, 0.0, 0.0, None))
    none_held = found([window(10, 0)], pairs((1, 1, LOST)))
    assert in_words(none_held) == "capacity: none of the 1 loads tried held"


def test_users_that_never_came_are_why_nothing_was_owed() -> None:
    answer = found([window(10, 0, "3 of 10 users connected")], pairs())
    assert answer.stages[0].reason == "3 of 10 users connected"


def test_what_broke_while_it_ran_is_no_less_broken_where_the_gates_hold() -> None:
    answer = found(
        [window(10, 0, "2 deliveries were late")], pairs((1, 1, 5 * _MS)), Gate("delivery.lost", most=0)
    )
    assert not answer.stages[0].held
