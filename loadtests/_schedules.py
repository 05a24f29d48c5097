"""When users act: drawn from the seed, and independent of what the target answers (open model)."""

from __future__ import annotations

from collections.abc import Iterator

from ._dice import Dice

_LONGEST_STAY = 4.0
"""In means: nobody stays so long that a short run sees no leaving."""
_SHORTEST_STAY_S = 0.2


class Ticks:
    """Intended times: every `interval_s` from `start_ns` on, at a phase of the user's own."""

    __slots__ = ("_interval_ns", "due_ns")

    def __init__(self, start_ns: int, interval_s: float, dice: Dice) -> None:
        self._interval_ns = round(interval_s * 1e9)
        self.due_ns = start_ns + int(dice.random() * self._interval_ns)

    def advance(self) -> None:
        self.due_ns += self._interval_ns


def stays(mean_s: float, dice: Dice) -> Iterator[float]:
    """Lifetimes in seconds: exponential, as arrivals and departures of independent people are."""
    while True:
        yield min(max(dice.exponential(mean_s), _SHORTEST_STAY_S), mean_s * _LONGEST_STAY)


def backoffs(dice: Dice, first_s: float = 0.5, most_s: float = 8.0) -> Iterator[float]:
    """Waits before each further attempt, in seconds: doubling, with full jitter below the last step."""
    step = first_s
    while True:
        yield step * dice.uniform(0.5, 1.0)
        step = min(step * 2, most_s)
