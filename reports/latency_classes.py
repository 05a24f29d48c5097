"""Latencies counted by class: evenly spaced on a log scale, six classes a decade from 0.1 ms to 1000 s."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_A_DECADE = 6
_EDGES_MS = np.power(10.0, np.arange(-_A_DECADE, 6 * _A_DECADE + 1) / _A_DECADE)


def count_by_class(
    counts: npt.NDArray[np.int64], latency_ms: npt.NDArray[np.float64]
) -> tuple[tuple[float, ...], tuple[tuple[int, ...], ...]]:
    """Edges in ms of the classes that occur, and for each row (a bin) its counts in them.

    `counts` says how often each latency of `latency_ms` occurred. What lies below 0.1 ms or above 1000 s
    counts in the nearest class. Empty without latencies.
    """
    bins, columns = np.nonzero(counts)
    if len(bins) == 0:
        return (), ()
    classes = len(_EDGES_MS) - 1
    found = np.searchsorted(_EDGES_MS, latency_ms[bins, columns], side="right") - 1
    found = np.clip(found, 0, classes - 1)
    sums = np.bincount(bins * classes + found, counts[bins, columns], minlength=len(counts) * classes)
    low, high = int(found.min()), int(found.max()) + 1
    edges = tuple(float(f"{edge:.4g}") for edge in _EDGES_MS[low : high + 1])
    return edges, tuple(tuple(map(int, row)) for row in sums.reshape(len(counts), classes)[:, low:high])
