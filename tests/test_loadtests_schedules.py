"""Schedules of users."""

from __future__ import annotations

from itertools import islice

from loadtests._dice import Dice
from loadtests._schedules import Ticks, backoffs, stays


def test_ticks_keep_their_distance_whatever_happens() -> None:
    ticks = Ticks(1_000, 0.5, Dice("1"))
    first_ns = ticks.due_ns
    ticks.advance()
    ticks.advance()
    assert ticks.due_ns == first_ns + 1_000_000_000


def test_ticks_begin_within_the_first_interval() -> None:
    assert all(1_000 <= Ticks(1_000, 0.5, Dice(str(seed))).due_ns < 500_001_000 for seed in range(100))


def test_talkers_do_not_speak_in_step() -> None:
    assert len({Ticks(0, 1.0, Dice(str(seed))).due_ns for seed in range(20)}) == 20


def test_stays_are_about_as_long_as_their_mean() -> None:
    drawn = list(islice(stays(3.0, Dice("1")), 2000))
    assert 2.6 < sum(drawn) / len(drawn) < 3.2


def test_nobody_stays_forever_or_leaves_at_once() -> None:
    drawn = list(islice(stays(3.0, Dice("1")), 2000))
    assert min(drawn) >= 0.2
    assert max(drawn) <= 12.0


def test_the_same_dice_draw_the_same_stays() -> None:
    assert list(islice(stays(3.0, Dice("7")), 20)) == list(islice(stays(3.0, Dice("7")), 20))


def test_backoffs_double_up_to_their_limit() -> None:
    waits = list(islice(backoffs(Dice("1"), first_s=0.5, most_s=8.0), 10))
    assert all(
        step / 2 <= wait <= step for step, wait in zip([0.5, 1, 2, 4, 8, 8, 8, 8, 8, 8], waits, strict=True)
    )
