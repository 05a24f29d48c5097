"""Where one host's clock stands against another's, from what passed between them.

Whatever is received was sent before: a passage from clock A to clock B, sent at `s` and received at `t`,
says that B is ahead of A by less than `t - s`; one the other way gives the other bound. Between them
lies the offset, and half their distance is all that can be wrong. Clocks drift: a bound holds at its own
moment, and for each second away from it is `DRIFT` weaker.

Pure: integers in, integers out, all in nanoseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]

DRIFT_PPM = 500
"""The most that two clocks are believed to run apart: so far does adjtimex(2) let NTP steer one. Where
clocks run further apart, bounds contradict each other, which is noticed."""
UNBOUNDED = 1 << 61
_LEAST_STEP_NS = 100_000_000
_MOST_CELLS = 1 << 15
"""Of a grid. What is longer than an hour has wider steps: of a day in memory as of an hour, and 1.5 ms less
exact. Clocks may be set years apart, and a grid spans all of it."""


@dataclass(frozen=True)
class Grid:
    """Moments of the reference clock, equally apart."""

    start_ns: int
    cells: int
    step_ns: int = _LEAST_STEP_NS

    @classmethod
    def over(cls, first_ns: int, last_ns: int) -> Grid:
        steps = 1 + (last_ns - first_ns) // (_LEAST_STEP_NS * _MOST_CELLS)
        step_ns = _LEAST_STEP_NS * steps
        return cls(first_ns - step_ns, (last_ns - first_ns) // step_ns + 4, step_ns)

    @property
    def at_ns(self) -> Ints:
        return self.start_ns + np.arange(self.cells, dtype=np.int64) * self.step_ns

    @property
    def step_drift_ns(self) -> int:
        """The most that clocks run apart between two of the moments."""
        return self.step_ns * DRIFT_PPM // 1_000_000

    def least(self, at_ns: Ints, value_ns: Ints) -> Ints:
        """The least value near each moment, UNBOUNDED where there is none; valid at the moment itself."""
        found = np.full(self.cells, UNBOUNDED, np.int64)
        cell = np.clip((at_ns - self.start_ns + self.step_ns // 2) // self.step_ns, 0, self.cells - 1)
        np.minimum.at(found, cell, value_ns + self.step_drift_ns)
        return found


@dataclass(frozen=True)
class Band:
    """A clock's offset from the reference, between `low` and `high` at each moment of the grid."""

    grid: Grid
    low: Ints
    high: Ints

    @classmethod
    def unknown(cls, grid: Grid) -> Band:
        return cls(grid, np.full(grid.cells, -UNBOUNDED), np.full(grid.cells, UNBOUNDED))

    @classmethod
    def reference(cls, grid: Grid) -> Band:
        return cls(grid, np.zeros(grid.cells, np.int64), np.zeros(grid.cells, np.int64))

    def within(self, low: Ints, high: Ints) -> Band:
        """What is left of it between these bounds as well, each of which holds nearby too."""
        return Band(
            self.grid,
            np.maximum(self.low, -self._spread(-np.maximum(low, -UNBOUNDED))),
            np.minimum(self.high, self._spread(np.minimum(high, UNBOUNDED))),
        )

    @property
    def bounded(self) -> bool:
        """Whether something passed each way."""
        edge = UNBOUNDED // 2
        return bool((self.low > -edge).all() and (self.high < edge).all())

    @property
    def empty(self) -> bool:
        """Whether its bounds contradict each other."""
        return bool((self.low > self.high).any())

    @property
    def middle(self) -> Ints:
        return self.low + (self.high - self.low) // 2

    @property
    def error_ns(self) -> int:
        """At most so far is `middle` from the truth, between the grid's moments too."""
        return int((self.high - self.low).max()) // 2 + self.grid.step_drift_ns + 1

    def on_reference(self, at_ns: Ints) -> Ints:
        """These times of the clock as the reference shows them: in the same order."""
        middle = self.middle
        own = self.grid.at_ns + middle
        # From the first moment on, so that floats hold them: hours in nanoseconds, not years.
        ahead = np.interp(at_ns - own[0], own - own[0], middle - middle[0])
        moved: Ints = at_ns - middle[0] - np.rint(ahead).astype(np.int64)
        return moved

    def _spread(self, high: Ints) -> Ints:
        """Each moment's upper bound, or a neighbour's, weakened by the drift, if that is tighter."""
        drift = np.arange(len(high), dtype=np.int64) * self.grid.step_drift_ns
        forward = np.minimum.accumulate(high - drift) + drift
        backward = np.minimum.accumulate((high + drift)[::-1])[::-1] - drift
        return np.minimum(forward, backward)


def passed(source: Band, target: Band, least_ns: Ints) -> tuple[Band, Band]:
    """Both bands, knowing the least time that passages from source to target took by their clocks.

    `least_ns` is as `Grid.least` gives it.
    """
    known = least_ns < UNBOUNDED
    high = np.where(known, source.high + least_ns, UNBOUNDED)
    low = np.where(known, target.low - least_ns, -UNBOUNDED)
    unbounded = np.full(len(least_ns), UNBOUNDED, np.int64)
    return source.within(low, unbounded), target.within(-unbounded, high)
