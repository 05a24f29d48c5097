"""How much a figure changed between two sets of runs, with an interval that holds for few runs.

Bootstrap over runs of the difference of mean logarithms, that is, of the ratio of geometric means.
Percentile intervals of few samples are too narrow; these are expanded as in Hesterberg, "What Teachers
Should Know About the Bootstrap" (The American Statistician 69, 2015), section 5.3: their quantiles are
taken where a normal distribution has the tails of Student's t, corrected for the spread that n runs
show too small.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

CONFIDENCE = 0.99
RESAMPLES = 9_999
_SEED = 20150501
"""The same runs always get the same interval."""


@dataclass(frozen=True)
class Change:
    """Of the geometric mean, as shares: 0.4 is 40 % more."""

    middle: float
    low: float
    high: float
    """`low` to `high` is the interval of CONFIDENCE."""


def change_of(new: Sequence[float], base: Sequence[float], resamples: int = RESAMPLES) -> Change:
    """The change from `base` to `new`, one positive figure a run, two runs on either side at least."""
    dice = np.random.default_rng(_SEED)
    after, before = np.log(new), np.log(base)
    means = [
        side[dice.integers(0, len(side), (resamples, len(side)))].mean(axis=1) for side in (after, before)
    ]
    tail = _expanded_tail(len(new), len(base))
    low, high = np.quantile(means[0] - means[1], [tail, 1 - tail])
    return Change(*(math.expm1(float(value)) for value in (after.mean() - before.mean(), low, high)))


def _expanded_tail(new: int, base: int) -> float:
    fewest = min(new, base)
    return NormalDist().cdf(-math.sqrt(fewest / (fewest - 1)) * _student_995(new + base - 2))


def _student_995(freedom: int) -> float:
    """The 99.5 % quantile of Student's t; at most 2 % too large from 8 degrees of freedom on."""
    return 2.576 + 6.2 / freedom
