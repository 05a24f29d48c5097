"""How much time is left."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class TimeBudget:
    """A span of time that began when it was made; seconds throughout."""

    seconds: float
    began: float
    clock: Callable[[], float]

    def elapsed(self) -> float:
        return self.clock() - self.began

    def remaining(self) -> float:
        """Below zero once it is spent."""
        return self.seconds - self.elapsed()

    def less(self, reserve: float) -> TimeBudget:
        """The same span, ending `reserve` earlier."""
        return TimeBudget(self.seconds - reserve, self.began, self.clock)


def budget_of(seconds: float, clock: Callable[[], float] = time.monotonic) -> TimeBudget:
    """Begin a budget now."""
    return TimeBudget(seconds, clock(), clock)
