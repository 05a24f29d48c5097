"""Latencies counted by class."""

from __future__ import annotations

import numpy as np

from reports.latency_classes import count_by_class


def _counted(
    bins_of: list[int], latency_ms: list[float], bins: int
) -> tuple[tuple[float, ...], tuple[tuple[int, ...], ...]]:
    counts = np.zeros((bins, len(bins_of)), np.int64)
    counts[bins_of, range(len(bins_of))] = 1
    return count_by_class(counts, np.tile(latency_ms, (bins, 1)))


def test_every_latency_counts_once_in_its_bin() -> None:
    edges, counts = _counted([0, 0, 2], [5.0, 50.0, 50.0], 3)
    assert [sum(row) for row in counts] == [2, 0, 1]
    assert edges[0] <= 5.0 < 50.0 < edges[-1]
    assert all(len(row) == len(edges) - 1 for row in counts)


def test_an_edge_belongs_to_the_class_above_it() -> None:
    edges, counts = _counted([0], [10.0], 1)
    assert edges[0] == 10.0
    assert counts == ((1,),)


def test_extremes_count_in_the_nearest_class() -> None:
    _, counts = _counted([0, 0], [1e-9, 1e12], 1)
    assert sum(counts[0]) == 2


def test_without_latencies_there_are_no_classes() -> None:
    assert _counted([], [], 4) == ((), ())
