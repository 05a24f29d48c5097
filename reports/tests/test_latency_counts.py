"""Latencies counted over time."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reports.latency_counts import LatencyCounts, TimeAxis

MS = 1_000_000


def counted(*samples: tuple[int, int], bins: int = 4) -> LatencyCounts:
    """(bin, latency in ns) of each, added one by one."""
    found = LatencyCounts(bins)
    for bin_, latency_ns in samples:
        found.add(np.array([bin_]), np.array([latency_ns]))
    return found


@given(st.lists(st.integers(1, 1 << 41), min_size=1, max_size=40), st.data())
def test_what_is_told_is_off_by_a_thousandth_at_most(values: list[int], data: st.DataObject) -> None:
    rank = data.draw(st.integers(0, len(values) - 1))
    found = LatencyCounts(1)
    found.add(np.zeros(len(values), np.int64), np.array(values))
    true = sorted(values)[rank]
    assert abs(found.ranked(0, [rank])[0] - true) <= max(1024, true / 1000)


def test_equal_latencies_are_told_exactly() -> None:
    assert counted((0, 7 * MS), (0, 7 * MS), (0, 9 * MS)).ranked(0, [0, 1, 2]) == [7 * MS, 7 * MS, 9 * MS]


def test_each_bin_has_its_own() -> None:
    found = counted((3, 9 * MS), (0, 1 * MS), (3, 500 * MS))
    assert found.counts.sum(axis=1).tolist() == [1, 0, 0, 2]
    assert found.ranked(3, [0, 1]) == [9 * MS, 500 * MS]


def test_room_is_made_for_latencies_below_and_above_those_before() -> None:
    found = counted((0, 10 * MS), (0, 4 * MS), (0, 3000 * MS), (0, 0), (0, 1 << 60))
    assert found.ranked(0, [0, 1, 2, 3, 4]) == [0, 4 * MS, 10 * MS, 3000 * MS, 1 << 60]


def test_nothing_more_is_counted_where_there_is_nothing() -> None:
    found = LatencyCounts(2)
    found.add(np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert found.counts.sum() == 0


def test_merged_bins_hold_what_their_bins_held() -> None:
    found = counted((0, 1 * MS), (1, 3 * MS), (2, 5 * MS), bins=3).merged(2)
    assert found.counts.sum(axis=1).tolist() == [2, 1]
    assert (found.ranked(0, [0, 1]), found.ranked(1, [0])) == ([1 * MS, 3 * MS], [5 * MS])


def test_classes_have_means_where_they_have_samples() -> None:
    found = counted((0, 2 * MS), (1, 8 * MS), bins=2)
    assert sorted(set(found.means_ns.ravel().tolist())) == [0, 2 * MS, 8 * MS]


def test_an_axis_counts_by_weight_and_puts_what_lies_outside_into_the_nearest_bin() -> None:
    axis = TimeAxis.over(1000, 3_000_001_000, 1.0)
    assert axis.bins == 3
    at = np.array([0, 1_500_000_000, 9_000_000_000])
    assert axis.counts(at).tolist() == [1, 1, 1]
    assert axis.counts(at, np.array([5, 0, 7])).tolist() == [5, 0, 7]
