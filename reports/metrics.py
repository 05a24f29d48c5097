"""Latency percentiles, the run over time, and the generator's health, from columns of numbers.

A lost pair has the latency `LOST`, which is larger than any other: so it stays in the ranking, and
a percentile that falls among the lost ones is reported as None. Leaving lost pairs out would make
a backend look the faster the more it loses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .history import GeneratorHealth
from .latency_classes import count_by_class
from .results import Generator, Latency, Percentiles, Series

Nanoseconds: TypeAlias = npt.NDArray[np.int64]
Ids: TypeAlias = npt.NDArray[np.unsignedinteger]

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
    """Columns of equal length, one row an owed pair (message, connection)."""

    message: Ids
    intended_ns: Nanoseconds
    """When the schedule wanted the message sent."""
    latency_ns: Nanoseconds
    """From `intended_ns` to the receipt, or LOST."""


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


def latency(pairs: OwedPairs) -> Latency:
    """Percentiles per pair, to the first recipient and to the last recipient of each message."""
    _, first, last = _fan_out(pairs)
    return Latency(percentiles(pairs.latency_ns), percentiles(first), percentiles(last))


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


def series(
    pairs: OwedPairs,
    connections: ConnectionTimes,
    *,
    start_ns: int,
    end_ns: int,
    bin_s: float | None = None,
) -> Series:
    """The run between `start_ns` and `end_ns` in bins of `bin_s` seconds (None: chosen by duration).

    Pairs belong to the bin of their intended send, whenever they arrived.
    """
    axis = _axis(start_ns, end_ns, bin_width_s((end_ns - start_ns) / 1e9) if bin_s is None else bin_s)
    if bin_s is None:
        merging = merging_for_sparse(axis.counts(pairs.intended_ns).tolist())
        axis = _axis(start_ns, end_ns, axis.width_s * merging)
    _, _, last = _fan_out(pairs)
    sent = _first_of_each(pairs.message, pairs.intended_ns)
    by_bin = axis.percentiles(pairs.intended_ns, pairs.latency_ns)
    last_by_bin = axis.percentiles(sent, last)
    connects = axis.counts(connections.opened_ns)
    leaves = axis.counts(connections.left_ns[connections.left_ns != STILL_OPEN])
    came = pairs.latency_ns != LOST
    edges_ms, counts = count_by_class(
        axis.of(pairs.intended_ns[came]), pairs.latency_ns[came] / 1e6, axis.bins
    )
    return Series(
        bin_s=axis.width_s,
        owed=_ints(axis.counts(pairs.intended_ns)),
        delivered=_ints(axis.counts(pairs.intended_ns[came])),
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


def last_recipients(pairs: OwedPairs) -> tuple[npt.NDArray[np.int64], Nanoseconds]:
    """For each message the number of its owed recipients, and the latency to the last of them or LOST."""
    if len(pairs.message) == 0:
        return np.empty(0, np.int64), pairs.latency_ns
    message, latencies = _grouped(pairs.message, pairs.latency_ns)
    starts = _group_starts(message)
    recipients = np.diff(np.r_[starts, len(message)]).astype(np.int64, copy=False)
    return recipients, np.maximum.reduceat(latencies, starts)


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


@dataclass(frozen=True)
class _Axis:
    """Time in equal bins; what lies outside counts in the nearest one."""

    start_ns: int
    width_s: float
    bins: int

    def of(self, at_ns: Nanoseconds) -> npt.NDArray[np.int64]:
        found = (at_ns - self.start_ns) // round(self.width_s * 1e9)
        return np.clip(found, 0, self.bins - 1).astype(np.int64, copy=False)

    def counts(self, at_ns: Nanoseconds) -> npt.NDArray[np.int64]:
        return np.bincount(self.of(at_ns), minlength=self.bins).astype(np.int64, copy=False)

    def percentiles(self, at_ns: Nanoseconds, latency_ns: Nanoseconds) -> list[Percentiles]:
        bins = self.of(at_ns)
        if np.any(bins[1:] < bins[:-1]):
            order = np.argsort(bins, kind="stable")
            bins, latency_ns = bins[order], latency_ns[order]
        edges = np.searchsorted(bins, np.arange(self.bins + 1))
        return [percentiles(latency_ns[a:b]) for a, b in pairwise(edges)]


def _axis(start_ns: int, end_ns: int, width_s: float) -> _Axis:
    return _Axis(start_ns, width_s, max(1, -(-(end_ns - start_ns) // round(width_s * 1e9))))


def _fan_out(pairs: OwedPairs) -> tuple[Ids, Nanoseconds, Nanoseconds]:
    """Messages, in the order of their ids, with the latency to their first and last recipient."""
    if len(pairs.message) == 0:
        return pairs.message, pairs.latency_ns, pairs.latency_ns
    message, latencies = _grouped(pairs.message, pairs.latency_ns)
    starts = _group_starts(message)
    return message[starts], np.minimum.reduceat(latencies, starts), np.maximum.reduceat(latencies, starts)


def _first_of_each(message: Ids, values: Nanoseconds) -> Nanoseconds:
    if len(message) == 0:
        return values
    message, values = _grouped(message, values)
    return values[_group_starts(message)]


def _grouped(message: Ids, values: Nanoseconds) -> tuple[Ids, Nanoseconds]:
    if not np.any(message[1:] < message[:-1]):
        return message, values
    order = np.argsort(message, kind="stable")
    return message[order], values[order]


def _group_starts(sorted_ids: Ids) -> npt.NDArray[np.intp]:
    return np.flatnonzero(np.r_[True, sorted_ids[1:] != sorted_ids[:-1]])


def _rank(count: int, permille: int) -> int:
    return -(-count * permille // 1000) - 1


def _ms(latency_ns: np.int64) -> float | None:
    return None if latency_ns == LOST else float(latency_ns) / 1e6


def _ints(values: npt.NDArray[np.int64]) -> tuple[int, ...]:
    return tuple(int(value) for value in values)
