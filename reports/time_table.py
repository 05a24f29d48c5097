"""The figures behind the charts: one row a bin, one column a series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from .metrics import merging_for_sparse
from .results import Series

MOST_ROWS = 240

T = TypeVar("T")


@dataclass(frozen=True)
class Column:
    """A series and how its numbers are written."""

    name: str
    values: tuple[float | None, ...]
    unit: str = ""


def thinned(series: Series, most: int = MOST_ROWS) -> Series:
    """`series` in at most `most` bins, and in fewer where most of them would be empty.

    Counts are added up, open connections are those at the end, and a latency percentile is the worst
    of the bins that were merged: percentiles cannot be averaged.
    """
    factor = max(-(-len(series.owed) // most), merging_for_sparse(series.owed))
    if factor <= 1:
        return series
    return replace(
        series,
        bin_s=series.bin_s * factor,
        owed=_merged(series.owed, factor, sum),
        delivered=_merged(series.delivered, factor, sum),
        p50_ms=_merged(series.p50_ms, factor, _worst),
        p95_ms=_merged(series.p95_ms, factor, _worst),
        p99_ms=_merged(series.p99_ms, factor, _worst),
        last_p50_ms=_merged(series.last_p50_ms, factor, _worst),
        connections=_merged(series.connections, factor, lambda part: part[-1]),
        connects=_merged(series.connects, factor, sum),
        leaves=_merged(series.leaves, factor, sum),
        latency_counts=_merged(series.latency_counts, factor, _added),
    )


def columns(series: Series) -> tuple[Column, ...]:
    """The columns of the table of figures, the time of the bin's start first."""
    bins = len(series.owed)
    lost = tuple(o - d for o, d in zip(series.owed, series.delivered, strict=False))
    ratio = tuple(d / o if o else None for o, d in zip(series.owed, series.delivered, strict=False))
    found = (
        Column("from", tuple(n * series.bin_s for n in range(bins)), "s"),
        Column("delivered / owed", ratio, "%"),
        Column("owed", series.owed),
        Column("lost", lost),
        Column("p50", series.p50_ms, "ms"),
        Column("p95", series.p95_ms, "ms"),
        Column("p99", series.p99_ms, "ms"),
        Column("last recipient p50", series.last_p50_ms, "ms"),
        Column("open", series.connections),
        Column("connects", series.connects),
        Column("leaves", series.leaves),
    )
    return tuple(replace(column, values=_padded(column.values, bins)) for column in found)


def _padded(values: tuple[float | None, ...], bins: int) -> tuple[float | None, ...]:
    """A run folder of another make may hold lists of unequal length."""
    return (*values, *[None] * (bins - len(values)))[:bins]


def _merged(values: Sequence[T], factor: int, of: Callable[[Sequence[T]], T]) -> tuple[T, ...]:
    return tuple(of(values[n : n + factor]) for n in range(0, len(values), factor))


def _added(rows: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*rows, strict=True)))


def _worst(values: Sequence[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
