"""Many runs, one a day, whose latency takes a step at a day that is told."""

from __future__ import annotations

from dataclasses import replace

from reports.results import Results, Series
from reports.tests.sample_runs import passing_run


def daily_runs(days: int, step_at: int) -> list[tuple[str, Results]]:
    return [(f"run-{day:02}", _run(day, 2.0 if day >= step_at else 1.0)) for day in range(days)]


def _run(day: int, factor: float) -> Results:
    run = passing_run("load")
    value = factor * (50.0 + day * 7 % 5)
    last = replace(run.latency_ms.last, p50=value, p99=2 * value)
    return replace(
        run,
        started=f"2026-03-{day + 1:02}T09:00:00+00:00",
        series=Series(),
        latency_ms=replace(run.latency_ms, last=last),
    )
