"""Runs of two revisions, alternating, with latencies that are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reports.results import Delivery, Latency, Percentiles, Results, Series
from reports.tests.sample_runs import passing_run

STEADY = (100.0, 104.0, 97.0, 101.0, 99.0, 103.0)
SLOWER = tuple(1.4 * value for value in STEADY)


def side(latencies: Sequence[float | None], place: int = 0) -> list[Results]:
    """One load run a latency; `place` 0 and 1 alternate in time."""
    return [_run(value, 2 * n + place) for n, value in enumerate(latencies)]


def _run(value: float | None, minute: int) -> Results:
    lost = 0 if value is not None else 3
    of = Percentiles(618, lost, value, value, value, value, value)
    return replace(
        passing_run("load"),
        started=f"2026-03-14T09:{minute:02}:00+00:00",
        series=Series(),
        latency_ms=Latency(of, of, of),
        delivery=Delivery(messages=618, owed=12_342, delivered=12_342),
    )
