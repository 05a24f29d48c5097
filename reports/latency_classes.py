"""Latencies counted by class: evenly spaced on a log scale, six classes a decade from 0.1 ms to 1000 s."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_A_DECADE = 6
_EDGES_MS = np.power(10.0, np.arange(-_A_DECADE, 6 * _A_DECADE + 1) / _A_DECADE)


def count_by_class(
    bins_of: npt.NDArray[np.int64], latency_ms: npt.NDArray[np.float64], bins: int
) -> tuple[tuple[float, ...], tuple[tuple[int, ...], ...]]:
    """Edges in ms of the classes that occur, and for each of `bins` bins its counts in them.

    What lies below 0.1 ms or above 1000 s counts in the nearest class. Empty without latencies.
    """
    if len(latency_ms) == 0:
        return (), ()
    classes = len(_EDGES_MS) - 1
    found = np.clip(np.searchsorted(_EDGES_MS, latency_ms, side="right") - 1, 0, classes - 1)
    counts = np.bincount(bins_of * classes + found, minlength=bins * classes).reshape(bins, classes)
    low, high = int(found.min()), int(found.max()) + 1
    edges = tuple(float(f"{edge:.4g}") for edge in _EDGES_MS[low : high + 1])
    return edges, tuple(tuple(map(int, row)) for row in counts[:, low:high])
