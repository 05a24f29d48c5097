"""Latency percentiles, the run over time, and the generator's health, from columns of numbers.

What was lost has the latency `LOST`, which is larger than any other: so it stays in the ranking, and
a percentile that falls among the lost ones is reported as None. Leaving lost pairs out would make
a backend look the faster the more it loses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .history import GeneratorHealth
from .latency_classes import count_by_class
from .latency_counts import LatencyCounts, Nanoseconds, TimeAxis
from .results import Generator, Latency, Percentiles, Series

Counts: TypeAlias = npt.NDArray[np.int64]

LOST = np.iinfo(np.int64).max
"""The latency of an owed pair that was never delivered."""

STILL_OPEN = LOST
"""`left_ns` of a connection that was still open when the run ended."""

SATURATED_LAG_MS = 250.0
SATURATED_LAG_SHARE = 0.1
HALTED_LAG_MS = 1000.0
SATURATED_CPU = 0.9
CROWDED = 5.0
"""Threads per core that ran or waited for a processor."""

_BIN_WIDTHS_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
_MOST_BINS = 240
_LEAST_BINS = 24
_LEAST_BUSY = 0.6


@dataclass(frozen=True)
class OwedPairs:
    """All owed pairs (message, connection): columns of equal length with a row a message, and counts."""

    intended_ns: Nanoseconds
    """When the schedule wanted the message sent."""
    recipients: Counts
    """Those to whom it was owed."""
    delivered: Counts
    overdue: Counts
    """Of those, how many it reached later than the delivery bound after `intended_ns`."""
    first_ns: Nanoseconds
    """From `intended_ns` until the first of them had it, or LOST."""
    last_ns: Nanoseconds
    """The same of the last; LOST, too, where one of them never had it."""
    axis: TimeAxis
    latencies: LatencyCounts
    """Of the pairs that were delivered, in the bin of their `intended_ns` on the axis."""

    def owed(self) -> npt.NDArray[np.bool_]:
        """Which messages were owed to anybody."""
        return self.recipients > 0


def no_pairs(axis: TimeAxis) -> OwedPairs:
    """Nothing was owed."""
    none = np.zeros(0, np.int64)
    return OwedPairs(none, none, none, none, none, none, axis, LatencyCounts(axis.bins))


@dataclass(frozen=True)
class ConnectionTimes:
    """Columns of equal length, one row a connection whose handshake succeeded."""

    opened_ns: Nanoseconds
    left_ns: Nanoseconds
    """Or STILL_OPEN."""


def percentiles(latencies_ns: Nanoseconds) -> Percentiles:
    """Nearest-rank percentiles: the least latency that the given share of samples does not exceed.

    LOST samples rank last. 10 million samples take well under a second.
    """
    count = len(latencies_ns)
    if count == 0:
        return Percentiles()
    ranks = {permille: _rank(count, permille) for permille in (500, 950, 990, 999, 1000)}
    ranked = np.partition(latencies_ns, sorted(set(ranks.values())))
    p50, p95, p99, p999, worst = (_ms(ranked[ranks[p]]) for p in (500, 950, 990, 999, 1000))
    return Percentiles(count, int((latencies_ns == LOST).sum()), p50, p95, p99, p999, worst)


def latency(pairs: OwedPairs, clock_error_ms: float | None = None) -> Latency:
    """Percentiles per pair, to the first recipient and to the last recipient of each message.

    `clock_error_ms` is what the clocks of several hosts leave open, None where there was one.
    """
    owed = pairs.owed()
    first, last = percentiles(pairs.first_ns[owed]), percentiles(pairs.last_ns[owed])
    whole = pairs.latencies.merged(pairs.axis.bins)
    counted = _counted(whole, 0, int(pairs.recipients.sum()))
    return Latency(replace(counted, max=last.max), first, last, clock_error_ms)


def axis_of(start_ns: int, end_ns: int) -> TimeAxis:
    """The bins of a run between these times: at most 240."""
    return TimeAxis.over(start_ns, end_ns, bin_width_s((end_ns - start_ns) / 1e9))


def bin_width_s(duration_s: float) -> float:
    """Width of a bin, in seconds, that divides a run into at most 240 bins."""
    return next((width for width in _BIN_WIDTHS_S if duration_s / width <= _MOST_BINS), _BIN_WIDTHS_S[-1])


def merging_for_sparse(counts: Sequence[int]) -> int:
    """How many neighbouring bins to merge so that a sparse run draws lines and not dots: 1, 2, 5 or 10.

    From the first to the last bin with something in it, most merged bins have something; but a run
    keeps two dozen bins at least.
    """
    busy = np.flatnonzero(counts)
    if len(busy) == 0:
        return 1
    first, last = int(busy[0]), int(busy[-1])
    allowed = [factor for factor in (1, 2, 5, 10) if len(counts) >= _LEAST_BINS * factor] or [1]

    def reads_well(factor: int) -> bool:
        bins = last // factor - first // factor + 1
        return len(np.unique(busy // factor)) >= _LEAST_BUSY * bins

    return next(filter(reads_well, allowed), allowed[-1])


def series(pairs: OwedPairs, connections: ConnectionTimes) -> Series:
    """The run in the bins of the pairs' axis, or in wider ones where it is sparse.

    Pairs belong to the bin of their intended send, whenever they arrived.
    """
    merging = merging_for_sparse(pairs.axis.counts(pairs.intended_ns, pairs.recipients).tolist())
    bins = -(-pairs.axis.bins // merging)
    axis = TimeAxis(pairs.axis.start_ns, pairs.axis.width_s * merging, bins)
    latencies = pairs.latencies.merged(merging)
    owed = axis.counts(pairs.intended_ns, pairs.recipients)
    by_bin = [_counted(latencies, n, int(count)) for n, count in enumerate(owed)]
    told = pairs.owed()
    last_by_bin = _by_bin(axis, pairs.intended_ns[told], pairs.last_ns[told])
    connects = axis.counts(connections.opened_ns)
    leaves = axis.counts(connections.left_ns[connections.left_ns != STILL_OPEN])
    edges_ms, counts = count_by_class(latencies.counts, latencies.means_ns / 1e6)
    return Series(
        bin_s=axis.width_s,
        owed=_ints(owed),
        delivered=_ints(axis.counts(pairs.intended_ns, pairs.delivered)),
        p50_ms=tuple(found.p50 for found in by_bin),
        p95_ms=tuple(found.p95 for found in by_bin),
        p99_ms=tuple(found.p99 for found in by_bin),
        last_p50_ms=tuple(found.p50 for found in last_by_bin),
        connections=_ints(np.cumsum(connects) - np.cumsum(leaves)),
        connects=_ints(connects),
        leaves=_ints(leaves),
        latency_edges_ms=edges_ms,
        latency_counts=counts,
    )


def generator(samples: Sequence[GeneratorHealth]) -> Generator:
    """Whether the load generator kept up.

    It is saturated when an action was more than 250 ms behind its schedule, or a message waited so long to
    be read, in more than a tenth of the samples, or more than a second once, or when the process used more
    than 0.9 of a core in most samples: then latencies describe the generator, not the target.
    """
    if not samples:
        return Generator(reason="the generator's health was not recorded")
    schedule_ms = np.array([sample.schedule_lag_ns for sample in samples]) / 1e6
    receive_ms = np.array([sample.receive_lag_ns for sample in samples]) / 1e6
    cpu = np.array([sample.cpu for sample in samples])
    reasons = [
        *_lateness(schedule_ms, "an action was {} ms behind its schedule", "actions were over {} ms late"),
        *_lateness(receive_ms, "a message waited {} ms to be read", "messages waited over {} ms to be read"),
        *_overuse(cpu),
    ]
    return Generator(
        samples=len(samples),
        worst_lag_ms=float(schedule_ms.max()),
        worst_receive_lag_ms=float(receive_ms.max()),
        cpu_median=float(np.median(cpu)),
        cpu_max=float(cpu.max()),
        saturated=bool(reasons),
        reason=" and ".join(reasons),
        crowded_share=float(np.mean([crowded(sample) for sample in samples])),
    )


def crowded(sample: GeneratorHealth) -> bool:
    """Whether a backend on the same machine cannot have had its share of the processors."""
    return max(sample.runnable_per_core, sample.load_per_core) > CROWDED


def _lateness(lags_ms: npt.NDArray[np.float64], once: str, often: str) -> Iterable[str]:
    """The two ways of being late, in these words."""
    worst_ms, late = float(lags_ms.max()), float((lags_ms > SATURATED_LAG_MS).mean())
    if worst_ms > HALTED_LAG_MS:
        yield f"{once.format(f'{worst_ms:.0f}')} (limit {HALTED_LAG_MS:.0f} ms)"
    elif late > SATURATED_LAG_SHARE:
        yield f"{often.format(f'{SATURATED_LAG_MS:.0f}')} in {late:.0%} of the samples"


def _overuse(cpu: npt.NDArray[np.float64]) -> Iterable[str]:
    busy = float((cpu > SATURATED_CPU).mean())
    if busy > 0.5:
        yield f"the generator used over {SATURATED_CPU:.0%} of a core in {busy:.0%} of the samples"


def _counted(latencies: LatencyCounts, bin_: int, owed: int) -> Percentiles:
    """Nearest-rank percentiles of one bin, of which so many were owed."""
    if owed == 0:
        return Percentiles()
    delivered = int(latencies.counts[bin_].sum())
    ranks = [_rank(owed, permille) for permille in (500, 950, 990, 999, 1000)]
    came = latencies.ranked(bin_, [rank for rank in ranks if rank < delivered])
    found = [latency_ns / 1e6 for latency_ns in came] + [None] * (len(ranks) - len(came))
    return Percentiles(owed, owed - delivered, *found)


def _by_bin(axis: TimeAxis, at_ns: Nanoseconds, latency_ns: Nanoseconds) -> list[Percentiles]:
    bins = axis.of(at_ns)
    order = np.argsort(bins, kind="stable")
    edges = np.searchsorted(bins[order], np.arange(axis.bins + 1))
    return [percentiles(latency_ns[order[a:b]]) for a, b in pairwise(edges)]


def _rank(count: int, permille: int) -> int:
    return -(-count * permille // 1000) - 1


def _ms(latency_ns: np.int64) -> float | None:
    return None if latency_ns == LOST else float(latency_ns) / 1e6


def _ints(values: Counts) -> tuple[int, ...]:
    return tuple(int(value) for value in values)
