"""`ctrf.json`: the Common Test Report Format (ctrf.io), a test a clause and one a gate.

`failed` is the target's fault; `other` is ours, or missing evidence, so that it is never read as a pass.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from .gates import GateRow
from .results import ClauseResult, Outcome, Results

Status = Literal["passed", "failed", "skipped", "pending", "other"]

_STATUSES: tuple[Status, ...] = ("passed", "failed", "pending", "skipped", "other")
_STATUS_OF: Mapping[Outcome, Status] = {
    Outcome.PASS: "passed",
    Outcome.NON_STRICT: "passed",
    Outcome.INFO: "passed",
    Outcome.FAIL: "failed",
    Outcome.WAIVED: "skipped",
    Outcome.KNOWN: "skipped",
    Outcome.SKIP: "skipped",
    Outcome.UNKNOWN: "other",
    Outcome.ERROR: "other",
}
_STATUS_OF_GATE: Mapping[str, Status] = {"met": "passed", "missed": "failed", "undecided": "other"}


def render_ctrf(
    runs: Sequence[tuple[str, Results, Sequence[GateRow]]], of_all: Sequence[GateRow] = ()
) -> str:
    """The document for runs given as (name, results, gates), and gates that concern all of them."""
    tests = [test for run in runs for test in _tests(*run)] + [_gate("all runs", gate) for gate in of_all]
    starts = [results.started_ms for _, results, _ in runs]
    stops = [
        start + round(1000 * results.duration_s) for start, (_, results, _) in zip(starts, runs, strict=True)
    ]
    counts: dict[str, int] = {status: sum(test["status"] == status for test in tests) for status in _STATUSES}
    summary: dict[str, int] = {"tests": len(tests), **counts, "start": min(starts), "stop": max(stops)}
    results = {"tool": {"name": "churnproof"}, "summary": summary, "tests": tests}
    return json.dumps({"reportFormat": "CTRF", "specVersion": "0.0.0", "results": results}, indent=1)


def _tests(name: str, results: Results, gates: Sequence[GateRow]) -> Iterator[dict[str, Any]]:
    suite = f"{results.kind} {name}".strip()
    found = [_clause(suite, clause) for clause in results.clauses] + [_gate(suite, gate) for gate in gates]
    yield from found
    if results.verdict != "pass" and all(test["status"] in ("passed", "skipped") for test in found):
        status: Status = "failed" if results.verdict == "fail" else "other"
        yield _test(suite, "the run is conclusive", status, results.reason)


def _clause(suite: str, clause: ClauseResult) -> dict[str, Any]:
    return _test(suite, f"{clause.id} {clause.sentence}", _STATUS_OF[clause.outcome], clause.reason)


def _gate(suite: str, gate: GateRow) -> dict[str, Any]:
    return _test(suite, gate.rule, _STATUS_OF_GATE[gate.outcome], gate.reason)


def _test(suite: str, name: str, status: Status, message: str) -> dict[str, Any]:
    # Clauses are judged together, from the record: none has a duration of its own.
    return {"name": name, "suite": suite, "status": status, "duration": 0, "message": message}
