"""Figures over many runs, with the places at which they changed for good."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Literal

from .baseline import conclusive
from .change_points import change_points
from .gate_metrics import metric
from .results import Results

LEAST_RUNS = 3
"""Fewer draw no line."""
FOLLOWED = ("latency_ms.last.p50", "latency_ms.last.p99", "delivery.ratio")

NamedRun = tuple[str, Results]


@dataclass(frozen=True)
class Step:
    """A change for good."""

    run: str
    """The first run on the new level."""
    started: str
    before: float | None
    """Median of the runs since the step before; None where most of them lost so much that there is none."""
    after: float | None


@dataclass(frozen=True)
class Followed:
    """One metric through the runs."""

    metric: str
    values: tuple[float | None, ...]
    """One a run; None where so much was lost that it has no finite value."""
    starts: tuple[int, ...] = ()
    """Numbers of the runs that begin a new level."""
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Trend:
    """Runs of one kind, in the order of their start."""

    kind: Literal["conformance", "load"]
    runs: tuple[str, ...]
    started: tuple[str, ...]
    metrics: tuple[Followed, ...]
    inconclusive: int = 0
    """Runs of the kind that have no place in it."""

    @property
    def changed(self) -> bool:
        """Whether any metric has changed for good."""
        return any(followed.steps for followed in self.metrics)


def trends_of(runs: Iterable[NamedRun]) -> tuple[Trend, ...]:
    """A trend for each kind of which there are three conclusive runs at least."""
    ordered = sorted(runs, key=lambda run: run[1].started_ms)
    kinds = sorted({results.kind for _, results in ordered})
    found = (_trend(kind, [run for run in ordered if run[1].kind == kind]) for kind in kinds)
    return tuple(trend for trend in found if len(trend.runs) >= LEAST_RUNS)


def levels(followed: Followed) -> Iterator[tuple[int, int, float | None]]:
    """First run, the one after the last, and median of each stretch between changes."""
    edges = (0, *followed.starts, len(followed.values))
    for start, end in pairwise(edges):
        yield start, end, _median(followed.values[start:end])


def _trend(kind: Literal["conformance", "load"], runs: Sequence[NamedRun]) -> Trend:
    counted = [run for run in runs if conclusive(run[1])]
    return Trend(
        kind,
        tuple(name for name, _ in counted),
        tuple(results.started for _, results in counted),
        tuple(_followed(name, counted) for name in FOLLOWED),
        len(runs) - len(counted),
    )


def _followed(name: str, runs: Sequence[NamedRun]) -> Followed:
    read = metric(name)
    values = tuple(read(results) for _, results in runs)
    starts = change_points([math.inf if value is None else value for value in values])
    found = Followed(name, values, starts)
    stretches = list(levels(found))
    steps = tuple(
        Step(runs[start][0], runs[start][1].started, before, after)
        for (_, _, before), (start, _, after) in pairwise(stretches)
    )
    return Followed(name, values, starts, steps)


def _median(values: Sequence[float | None]) -> float | None:
    found = median([math.inf if value is None else value for value in values]) if values else math.inf
    return None if math.isinf(found) else found
