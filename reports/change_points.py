"""Where a series of figures changed for good: Pettitt's test, applied again to either side of each change.

A. N. Pettitt, "A Non-parametric Approach to the Change-point Problem" (Applied Statistics 28, 1979): the
statistic is the largest rank sum over all places at which the series could be cut. Ranks make single
outliers harmless. Its significance is found by permuting the series, which holds for short ones too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

import numpy as np
import numpy.typing as npt

SIGNIFICANCE = 0.002
LEAST_RUNS = 10
"""Shorter stretches are not searched."""
LEAST_CHANGE = 0.05
"""Of the median; smaller steps are of no concern."""
_LEAST_SIDE = 3
_PERMUTATIONS = 9_999
_SEED = 1979


def change_points(values: Sequence[float]) -> tuple[int, ...]:
    """The places in `values` at which a new level begins, rising; infinity is a value like others."""
    return tuple(sorted(_search(np.asarray(values, np.float64), 0)))


def _search(values: npt.NDArray[np.float64], offset: int) -> list[int]:
    if len(values) < LEAST_RUNS:
        return []
    place, significance = _pettitt(values)
    before, after = values[:place], values[place:]
    if significance > SIGNIFICANCE or min(len(before), len(after)) < _LEAST_SIDE:
        return []
    if not _matters(median(before), median(after)):
        return []
    return [*_search(before, offset), offset + place, *_search(after, offset + place)]


def _pettitt(values: npt.NDArray[np.float64]) -> tuple[int, float]:
    """The likeliest place of a change, and how likely so clear a one is where there is none."""
    ranks = _ranks(values)
    observed = _rank_sums(ranks[np.newaxis])[0]
    dice = np.random.default_rng(_SEED)
    shuffled = dice.permuted(np.broadcast_to(ranks, (_PERMUTATIONS, len(ranks))), axis=1)
    chance = np.max(_rank_sums(shuffled), axis=1)
    as_clear = int((chance >= observed.max() - 1e-9).sum())
    return int(observed.argmax()) + 1, (as_clear + 1) / (_PERMUTATIONS + 1)


def _rank_sums(ranks: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Pettitt's |U| for each place of a cut, one row a series."""
    count = ranks.shape[1]
    places = np.arange(1, count)
    sums: npt.NDArray[np.float64] = np.abs(2 * np.cumsum(ranks, axis=1)[:, :-1] - places * (count + 1))
    return sums


def _ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """From 1; equal values share the mean of their ranks."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    mean: npt.NDArray[np.float64] = (last - (counts - 1) / 2)[inverse]
    return mean


def _matters(before: float, after: float) -> bool:
    if math.isinf(before) or math.isinf(after):
        return before != after
    return abs(after - before) > LEAST_CHANGE * abs(before)
