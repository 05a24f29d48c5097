from __future__ import annotations

import pytest

from reports.bootstrap import change_of

NOISY = (80.0, 120.0, 95.0, 110.0, 100.0)


def test_the_middle_is_the_ratio_of_geometric_means() -> None:
    assert change_of([2.0, 8.0], [1.0, 4.0]).middle == pytest.approx(1.0)


def test_runs_without_noise_have_an_interval_without_width() -> None:
    found = change_of([140.0] * 5, [100.0] * 5)
    assert [found.low, found.high] == pytest.approx([0.4, 0.4])


def test_the_interval_of_equal_sides_holds_no_change() -> None:
    found = change_of(NOISY, NOISY)
    assert found.low < 0 < found.high


def test_more_runs_make_the_interval_narrower() -> None:
    few, many = change_of(NOISY, NOISY), change_of(NOISY * 4, NOISY * 4)
    assert many.high - many.low < (few.high - few.low) / 2


def test_the_same_runs_always_get_the_same_interval() -> None:
    assert change_of(NOISY, NOISY[::-1]) == change_of(NOISY, NOISY[::-1])
