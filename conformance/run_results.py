"""From a history and judged clauses to `results.json`: the same for a conformance run and a load test."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from typing import Any, Literal

from conformance.checkers.case import Case
from conformance.checkers.churning import ghosts
from reports import metrics
from reports.fan_out import fan_out
from reports.figures import count, interval
from reports.history_clocks import latency_error_ns
from reports.history_figures import close_codes, connection_times, handshakes, phase_spans, receive_times
from reports.history_reader import History
from reports.results import ClauseResult, Latency, Outcome, Results, verdict_of
from reports.traffic import traffic_of

_PACKAGES = ("churnproof", "locust", "websocket-client", "boto3", "pytest", "hypothesis", "numpy")


def results_of(
    kind: Literal["conformance", "load"],
    case: Case,
    clauses: Sequence[ClauseResult],
    *,
    target: Mapping[str, Any],
    seed: int,
    command: str,
    cut_short: bool = False,
    remarks: Sequence[str] = (),
) -> Results:
    """Everything that a report shows, drawn from the run's history.

    A saturated generator makes a run that would have passed inconclusive.
    """
    history = case.history
    judgement = case.figures()
    start_ns = history.headers[0].monotonic_ns
    generator = metrics.generator(history.health)
    verdict, reason = verdict_of(clauses)
    if kind == "load" and generator.saturated and verdict == "pass":
        verdict, reason = "inconclusive", f"the load generator was saturated: {generator.reason}"
    if (cut_short or history.cut_short) and verdict == "pass":
        verdict, reason = "inconclusive", f"the run was cut short; until then {reason}"
    return Results(
        kind=kind,
        verdict=verdict,
        reason=reason,
        target=target,
        seed=seed,
        started=history.headers[0].wall,
        duration_s=round((history.end_ns - start_ns) / 1e9, 3),
        clauses=tuple(clauses),
        delivery=judgement.counts,
        latency_ms=_latency(history, judgement.pairs),
        series=metrics.series(judgement.pairs, connection_times(history.connections)),
        fan_out=fan_out(judgement.pairs),
        phases=phase_spans(history, start_ns),
        close_codes=close_codes(history.connections),
        connects=handshakes(history.connections),
        stale_rows=_stale_rows(history),
        generator=generator,
        traffic=traffic_of(history),
        environment={**environment(), "receive times": receive_times(history.deliveries)},
        command=command,
        cut_short=cut_short or history.cut_short,
        remarks=(*remarks, *_ghost_race(case, clauses)),
    )


def _ghost_race(case: Case, clauses: Sequence[ClauseResult]) -> Iterator[str]:
    """How often the race was lost, and how sure that is: it can be lost now and then (RC-1 to RC-3).

    Nothing where some heard nothing for reasons that CHURN-04 does not know.
    """
    found = ghosts(case)
    judged = next((clause for clause in clauses if clause.id == "CHURN-04"), None)
    if judged and found.of and not (found.count and judged.outcome is Outcome.UNKNOWN):
        yield (
            f"ghost race: {count(found.count)} of {count(found.of)} clients that connected while broadcasts "
            f"ran are deaf ({interval(found)})"
        )


def _latency(history: History, pairs: metrics.OwedPairs) -> Latency:
    error_ns = latency_error_ns(history.clocks)
    return metrics.latency(pairs, None if error_ns is None else error_ns / 1e6)


def environment() -> Mapping[str, str]:
    """What the harness ran on."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        **versions,
    }


def _stale_rows(history: History) -> Mapping[str, int]:
    planted = {row.connection_id for row in history.planted if row.kind == "gone"}
    if not planted:
        return {}
    last = {row.connection_id: row.present for row in history.rows if row.connection_id in planted}
    left = sum(last.get(connection_id, True) for connection_id in planted)
    return {"planted": len(planted), "removed": len(planted) - left, "left": left}
