"""The dice of users."""

from __future__ import annotations

from statistics import fmean

from loadtests._dice import Dice

_MANY = 20_000


def test_the_same_seed_draws_the_same_numbers() -> None:
    one, other = Dice("7/0/1"), Dice("7/0/1")
    assert [one.random() for _ in range(20)] == [other.random() for _ in range(20)]


def test_users_of_neighbouring_numbers_draw_different_numbers() -> None:
    assert len({Dice(f"7/0/{number}").random() for number in range(1000)}) == 1000


def test_numbers_are_spread_evenly() -> None:
    dice = Dice("1")
    tenths = [0] * 10
    for _ in range(_MANY):
        tenths[int(dice.random() * 10)] += 1
    assert all(abs(count - _MANY / 10) < _MANY / 100 for count in tenths)


def test_uniform_numbers_stay_between_their_bounds() -> None:
    dice = Dice("1")
    drawn = [dice.uniform(2.0, 3.0) for _ in range(_MANY)]
    assert 2.0 <= min(drawn) < 2.01
    assert 2.99 < max(drawn) < 3.0


def test_exponential_numbers_have_their_mean() -> None:
    dice = Dice("1")
    drawn = [dice.exponential(3.0) for _ in range(_MANY)]
    assert min(drawn) >= 0.0
    assert abs(fmean(drawn) - 3.0) < 0.1
