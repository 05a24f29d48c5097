"""The latency heatmap."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from reports.heatmap import _cells, _level, _limits, _range


def test_levels_rise_by_equal_ratio_from_one() -> None:
    limits = _limits(100_000)
    assert limits[0] == 1
    assert [high / low for low, high in pairwise(limits)] == pytest.approx([10] * (len(limits) - 1), rel=0.15)


@pytest.mark.parametrize("most", [1, 2, 3, 7, 10**6])
def test_every_count_up_to_the_largest_has_a_level_and_none_has_none(most: int) -> None:
    limits = _limits(most)
    assert _level(0, limits) == -1
    assert _level(1, limits) == 0
    assert _level(most, limits) == len(limits) - 1


def test_the_legend_names_the_counts_of_a_level() -> None:
    assert [_range([1, 3, 9], level) for level in range(3)] == ["1 to 2", "3 to 8", "9 and more"]
    assert _range([1, 2, 5], 0) == "1"


def test_neighbours_in_time_are_one_rectangle() -> None:
    """Two rows of latency over four bins; the slow row is drawn above."""
    levels = [[0, -1], [0, 1], [0, -1], [-1, 1]]
    assert list(_cells(levels, 0)) == ["M0 1h3v1h-3z"]
    assert list(_cells(levels, 1)) == ["M1 0h1v1h-1z", "M3 0h1v1h-1z"]
    assert all(re.fullmatch(r"M\d+ \d+h\d+v1h-\d+z", cell) for cell in _cells(levels, 1))
