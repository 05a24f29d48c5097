"""Latencies counted over time, in memory that depends on neither their number nor the length of the run.

They are counted in the classes of an HDR histogram of three significant digits, each 0.1 % wide. What is
told of a class is the mean of its samples: exact where they are equal, and never off by more than that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .hdr_encoding import SUB_CLASSES

Nanoseconds: TypeAlias = npt.NDArray[np.int64]
Bins: TypeAlias = npt.NDArray[np.int64]

_LEAST_NS, MOST_NS = 1 << 10, 1 << 42
"""Below a microsecond, and above an hour, all are of one class."""
_DROPPED_BITS = 13
"""Of the 23 that a float32 has after its point: SUB_CLASSES are left."""
_CLASS_OF_ZERO = (127 + 10 - 1) * SUB_CLASSES
"""Where an HDR histogram begins to count: the exponent of _LEAST_NS as a float32 has it is its octave 1."""


@dataclass(frozen=True)
class TimeAxis:
    """Time in equal bins; what lies outside counts in the nearest one."""

    start_ns: int
    width_s: float
    bins: int

    @classmethod
    def over(cls, start_ns: int, end_ns: int, width_s: float) -> TimeAxis:
        return cls(start_ns, width_s, max(1, -(-(end_ns - start_ns) // round(width_s * 1e9))))

    def of(self, at_ns: Nanoseconds) -> Bins:
        found = (at_ns - self.start_ns) // round(self.width_s * 1e9)
        return np.clip(found, 0, self.bins - 1).astype(np.int64, copy=False)

    def counts(self, at_ns: Nanoseconds, weights: npt.NDArray[np.int64] | None = None) -> Bins:
        """How many lie in each bin, or the sum of their weights."""
        return np.bincount(self.of(at_ns), weights, minlength=self.bins).astype(np.int64, copy=False)


class LatencyCounts:
    """How many latencies of each class there are in each bin, and their sums."""

    def __init__(self, bins: int) -> None:
        self.counts = np.zeros((bins, 0), np.int64)
        self._sums = np.zeros((bins, 0), np.float64)
        self._low = 0
        """The class of the first column."""

    def add(self, bin_of: Bins, latency_ns: Nanoseconds) -> None:
        """Count these as well; both columns are equally long."""
        if not len(latency_ns):
            return
        classes = _class_of(latency_ns)
        self._make_room(int(classes.min()), int(classes.max()))
        first, last = int(bin_of.min()), int(bin_of.max()) + 1
        low, high = int(classes.min()) - self._low, int(classes.max()) - self._low + 1
        shape = (last - first, high - low)
        cells = (bin_of - first) * shape[1] + (classes - (self._low + low))
        size = shape[0] * shape[1]
        self.counts[first:last, low:high] += np.bincount(cells, minlength=size).reshape(shape)
        self._sums[first:last, low:high] += np.bincount(cells, latency_ns, minlength=size).reshape(shape)

    def merged(self, factor: int) -> LatencyCounts:
        """The same in bins of `factor` of these; the last one may be of fewer."""
        starts = np.arange(0, len(self.counts), factor)
        found = LatencyCounts(len(starts))
        found._low = self._low
        found.counts = np.add.reduceat(self.counts, starts, axis=0)
        found._sums = np.add.reduceat(self._sums, starts, axis=0)
        return found

    @property
    def means_ns(self) -> npt.NDArray[np.float64]:
        """What stands for a class in each bin; 0 where there is none of it."""
        return self._sums / np.maximum(1, self.counts)

    def ranked(self, bin_: int, ranks: list[int]) -> list[float]:
        """The latencies of these ranks, from 0, among those of the bin."""
        upto = np.cumsum(self.counts[bin_])
        place = np.searchsorted(upto, ranks, side="right")
        means: list[float] = (self._sums[bin_, place] / self.counts[bin_, place]).tolist()
        return means

    def hdr_counts(self, bin_: int) -> npt.NDArray[np.int64]:
        """The counts of the bin by the classes of an HDR histogram, from that of 0 ns on."""
        return np.pad(self.counts[bin_], (max(0, self._low - _CLASS_OF_ZERO), 0))

    def _make_room(self, lowest: int, highest: int) -> None:
        """Columns for these classes, by the octave."""
        columns = self.counts.shape[1]
        if not columns:
            self._low = lowest // SUB_CLASSES * SUB_CLASSES
        before = max(0, -(-(self._low - lowest) // SUB_CLASSES)) * SUB_CLASSES
        after = max(0, -(-(highest + 1 - self._low - columns) // SUB_CLASSES)) * SUB_CLASSES
        if before or after:
            room = ((0, 0), (before, after))
            self.counts, self._sums = np.pad(self.counts, room), np.pad(self._sums, room)
            self._low -= before


def _class_of(latency_ns: Nanoseconds) -> npt.NDArray[np.int64]:
    """The exponent of a float and the first bits after its point are a number that grows with it."""
    bits = np.clip(latency_ns, _LEAST_NS, MOST_NS).astype(np.float32).view(np.int32)
    return (bits >> _DROPPED_BITS).astype(np.int64)
