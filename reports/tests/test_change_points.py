from __future__ import annotations

import math

import numpy as np
import pytest

from reports.change_points import change_points


def noise(seed: int, runs: int, level: float = 100.0) -> list[float]:
    return list(level * np.random.default_rng(seed).lognormal(0, 0.1, runs))


def test_noise_has_no_change_point() -> None:
    assert [change_points(noise(seed, 30)) for seed in range(40)] == [()] * 40


def test_a_new_level_is_found_where_it_begins() -> None:
    (found,) = change_points([*noise(1, 15), *noise(2, 15, level=140.0)])
    assert abs(found - 15) <= 1


def test_several_levels_are_all_found() -> None:
    levels = [*noise(1, 15), *noise(2, 15, level=160.0), *noise(3, 15, level=90.0)]
    assert len(change_points(levels)) == 2


def test_an_outlier_is_no_new_level() -> None:
    values = noise(4, 30)
    values[20] = 10_000.0
    assert change_points(values) == ()


def test_a_step_too_small_to_matter_is_none() -> None:
    assert change_points([100.0] * 15 + [103.0] * 15) == ()


def test_runs_that_lose_so_much_that_there_is_no_figure_are_a_level_of_their_own() -> None:
    assert change_points([*noise(1, 12), *[math.inf] * 12]) == (12,)


@pytest.mark.parametrize("runs", [0, 1, 9])
def test_few_runs_are_not_searched(runs: int) -> None:
    assert change_points([100.0 + 100 * (n > runs / 2) for n in range(runs)]) == ()
