"""Runs held against runs of an earlier state: improved, regressed, within noise, or too few to tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Literal

from .bootstrap import Change, change_of
from .gate_metrics import metric
from .results import Results

Judgement = Literal["improved", "regressed", "within noise", "not enough runs"]

LEAST_RUNS = 5
"""On either side; below, an interval cannot tell noise from change."""
LEAST_CHANGE = 0.05
"""Smaller changes of a latency are of no concern, however certain they are."""
_LEAST_CHANGE_OF_RATIO = 0.001
MOST_HIDDEN = 0.4
"""A slowdown that noise must not be able to hide: otherwise the runs are too few to call it noise."""
_MEDIANS = ("latency_ms.last.p50", "latency_ms.pair.p50")
"""Of which that is demanded; in runs of a minute the tail is a handful of messages."""

COMPARED = (
    "latency_ms.last.p50",
    "latency_ms.last.p99",
    "latency_ms.pair.p50",
    "latency_ms.pair.p99",
    "delivery.ratio",
)
_LOAD_TOLERANCE = 0.1


@dataclass(frozen=True)
class Compared:
    """One metric on both sides."""

    metric: str
    judgement: Judgement
    new: tuple[float, ...] = ()
    """One figure a run that counts."""
    base: tuple[float, ...] = ()
    change: Change | None = None
    reason: str = ""
    """Why there is no interval, or why it tells nothing."""


@dataclass(frozen=True)
class Comparison:
    """Runs of one kind against their baseline."""

    kind: Literal["conformance", "load"]
    new_runs: int
    """That count: conclusive ones."""
    base_runs: int
    rows: tuple[Compared, ...]
    remarks: tuple[str, ...] = ()
    """Sentences about what makes the comparison weaker than it looks."""

    @property
    def judgement(self) -> Judgement:
        """The worst of the rows; a comparison of which nothing is known is never good."""
        found = {row.judgement for row in self.rows}
        return next((word for word in _WORST_FIRST if word in found), "not enough runs")

    @property
    def telling(self) -> Compared | None:
        """The row that the judgement rests on; the first of several."""
        return next((row for row in self.rows if row.judgement == self.judgement), None)


_WORST_FIRST: tuple[Judgement, ...] = ("regressed", "not enough runs", "improved", "within noise")


def compare(new: Sequence[Results], base: Sequence[Results]) -> tuple[Comparison, ...]:
    """A comparison for each kind of run in `new`; the baseline may lack runs of a kind."""
    kinds = sorted({run.kind for run in new})
    return tuple(
        _compared(kind, [r for r in new if r.kind == kind], [r for r in base if r.kind == kind])
        for kind in kinds
    )


def compare_metric(name: str, new: Sequence[Results], base: Sequence[Results]) -> Compared:
    """One metric over the runs that count. Raises UnknownMetricError."""
    sides = [[run for run in runs if conclusive(run)] for runs in (new, base)]
    fewest = min(map(len, sides))
    if fewest < LEAST_RUNS:
        counts = f"{len(sides[0])} against {len(sides[1])}"
        return Compared(
            name,
            "not enough runs",
            reason=f"{counts} conclusive runs; at least {LEAST_RUNS} on each side are needed",
        )
    read = metric(name)
    figures = [[read(run) for run in runs] for runs in sides]
    absent_now, absent_before = (side.count(None) for side in figures)
    if absent_now == len(sides[0]) and not absent_before and _lost_in_all(name, sides[0]):
        return Compared(name, "regressed", reason="so much is lost now that it has no finite value")
    if absent_now or absent_before:
        reason = f"{absent_now} new and {absent_before} baseline runs have no such figure"
        return Compared(name, "not enough runs", reason=reason)
    after, before = (tuple(value for value in side if value is not None) for side in figures)
    if min(*after, *before) <= 0:
        return Compared(name, "not enough runs", after, before, reason="a share of nothing tells nothing")
    change = change_of(after, before)
    judgement = _judged(name, change)
    if judgement == "within noise" and name in _MEDIANS and change.high > MOST_HIDDEN:
        reason = f"too noisy to rule out a slowdown of {100 * MOST_HIDDEN:g} %; compare more runs"
        return Compared(name, "not enough runs", after, before, change, reason)
    return Compared(name, judgement, after, before, change)


def conclusive(run: Results) -> bool:
    """Whether the run's figures describe its target."""
    known = run.verdict in ("pass", "fail", "partial") and not run.cut_short
    return known and not run.generator.saturated and run.delivery.owed > 0


def interleaved(new: Sequence[Results], base: Sequence[Results]) -> bool:
    """Whether neither side ran more than twice in a row, so that a slower hour met both."""
    order = sorted([(run.started_ms, 0) for run in new] + [(run.started_ms, 1) for run in base])
    longest = run_length = 1
    for (_, before), (_, after) in pairwise(order):
        run_length = run_length + 1 if before == after else 1
        longest = max(longest, run_length)
    return longest <= 2


def _compared(
    kind: Literal["conformance", "load"], new: Sequence[Results], base: Sequence[Results]
) -> Comparison:
    rows = tuple(compare_metric(name, new, base) for name in COMPARED)
    new_runs, base_runs = (sum(map(conclusive, runs)) for runs in (new, base))
    return Comparison(kind, new_runs, base_runs, rows, tuple(_remarks(new, base)))


def _judged(name: str, change: Change) -> Judgement:
    least = _LEAST_CHANGE_OF_RATIO if name == "delivery.ratio" else LEAST_CHANGE
    grew, shrank = change.low > least, change.high < -least
    if not grew and not shrank:
        return "within noise"
    return "improved" if grew == (name == "delivery.ratio") else "regressed"


def _lost_in_all(name: str, runs: Sequence[Results]) -> bool:
    """Whether the metric is a latency over samples of which each run lost some."""
    family, part, *_ = name.split(".")
    return family == "latency_ms" and all(getattr(run.latency_ms, part).lost for run in runs)


def _remarks(new: Sequence[Results], base: Sequence[Results]) -> Iterator[str]:
    if not base:
        yield "The baseline has no run of this kind."
        return
    for word, runs in (("new", new), ("baseline", base)):
        left_out = sum(not conclusive(run) for run in runs)
        if left_out:
            yield f"{left_out} of {len(runs)} {word} runs were inconclusive and do not count."
    if not interleaved(new, base):
        yield (
            "The runs did not alternate, so a slow spell of the machine would look like a "
            "change of the backend."
        )
    yield from _unlike(new, base)


def _unlike(new: Sequence[Results], base: Sequence[Results]) -> Iterator[str]:
    after, before = (
        median([run.traffic.open_at_broadcast if run.traffic else 0.0 for run in runs])
        for runs in (new, base)
    )
    if abs(after - before) > _LOAD_TOLERANCE * max(after, before):
        yield f"The loads differ: {after:.0f} connections per broadcast now, {before:.0f} in the baseline."
    for key in ("python", "system", "churnproof"):
        sides = [{run.environment.get(key, "") for run in runs} for runs in (new, base)]
        if sides[0] != sides[1]:
            shown = (" and ".join(sorted(side)) or "unknown" for side in reversed(sides))
            yield f"The baseline ran with a different {key}: {' before, now '.join(shown)}."
