"""How often something happened in so many trials, and how sure one can be of the rate."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

_Z = 1.959963984540054
"""Of the normal distribution, for 95 %."""


@dataclass(frozen=True)
class Proportion:
    """`count` of `of` trials, with the 95 % confidence interval of the rate behind them, 0 to 1."""

    count: int
    of: int
    low: float
    high: float


def proportion(count: int, of: int) -> Proportion:
    """With Wilson's score interval, which keeps its promise for few trials and for none that counted.

    Raises ValueError unless 0 <= count <= of. Without a trial the rate may be anything.
    """
    if not 0 <= count <= of:
        raise ValueError(f"{count} of {of} is no proportion")
    if of == 0:
        return Proportion(0, 0, 0.0, 1.0)
    rate, square = count / of, _Z * _Z
    middle = rate + square / (2 * of)
    spread = _Z * sqrt(rate * (1 - rate) / of + square / (4 * of * of))
    whole = 1 + square / of
    low = 0.0 if count == 0 else (middle - spread) / whole
    high = 1.0 if count == of else (middle + spread) / whole
    return Proportion(count, of, round(low, 6), round(high, 6))
