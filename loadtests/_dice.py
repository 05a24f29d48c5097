"""Numbers for one user: a thousand `random.Random` would take more memory than a thousand connections."""

from __future__ import annotations

import math
from hashlib import blake2b

_MASK = (1 << 64) - 1


class Dice:
    """Draws the same numbers for the same seed; SplitMix64 (Steele, Lea and Flood 2014)."""

    __slots__ = ("_state",)

    def __init__(self, seed: str) -> None:
        self._state = int.from_bytes(blake2b(seed.encode(), digest_size=8).digest())

    def random(self) -> float:
        """Evenly from [0, 1)."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self._state
        mixed = ((mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ mixed >> 27) * 0x94D049BB133111EB) & _MASK
        return ((mixed ^ mixed >> 31) >> 11) / (1 << 53)

    def uniform(self, low: float, high: float) -> float:
        return low + (high - low) * self.random()

    def exponential(self, mean: float) -> float:
        return -math.log(1.0 - self.random()) * mean
