from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from reports.ctrf import render_ctrf
from reports.gates import GateRow
from reports.results import Outcome, Results
from reports.tests.sample_runs import failing_run, passing_run

MISSED = GateRow("delivery.lost ≤ 0", 37, 0, -37, "missed", "37 lost")


def document(results: Results, gates: tuple[GateRow, ...] = (), of_all: tuple[GateRow, ...] = ()) -> Any:
    return json.loads(render_ctrf([("a-run", results, gates)], of_all))["results"]


def statuses(results: Results) -> dict[str, str]:
    return {test["name"].split()[0]: test["status"] for test in document(results)["tests"]}


def test_a_clause_is_a_test_with_the_status_of_its_outcome() -> None:
    found = statuses(failing_run())
    assert (found["BCAST-01"], found["CONN-01"], found["CONN-02"]) == ("failed", "passed", "skipped")


def test_missing_evidence_is_no_pass() -> None:
    assert statuses(failing_run())["DISC-02"] == "other"


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_a_status(outcome: Outcome) -> None:
    run = failing_run()
    of = replace(run, clauses=tuple(replace(clause, outcome=outcome) for clause in run.clauses))
    assert len(document(of)["tests"]) >= len(of.clauses)


@pytest.mark.parametrize("accepted", [Outcome.WAIVED, Outcome.KNOWN])
def test_a_violation_that_is_accepted_is_neither_passed_nor_failed(accepted: Outcome) -> None:
    run = failing_run()
    clauses = tuple(replace(c, outcome=accepted) if c.id == "BCAST-01" else c for c in run.clauses)
    assert statuses(replace(run, clauses=clauses))["BCAST-01"] == "skipped"


def test_the_summary_counts_the_tests() -> None:
    summary = document(failing_run())["summary"]
    assert summary["tests"] == sum(
        summary[name] for name in ("passed", "failed", "pending", "skipped", "other")
    )
    assert (summary["failed"], summary["other"]) == (2, 1)
    assert summary["stop"] - summary["start"] == 41_600


def test_gates_of_a_run_and_of_all_runs_are_tests() -> None:
    tests = document(passing_run(), (MISSED,), (MISSED,))["tests"]
    assert [(t["suite"], t["status"], t["message"]) for t in tests if t["name"] == MISSED.rule] == [
        ("conformance a-run", "failed", "37 lost"),
        ("all runs", "failed", "37 lost"),
    ]


def test_a_run_that_is_no_pass_does_not_look_it() -> None:
    short = replace(passing_run(), verdict="inconclusive", reason="cut short", clauses=())
    (test,) = document(short)["tests"]
    assert (test["status"], test["message"]) == ("other", "cut short")


def test_a_run_without_a_readable_time_is_reported_all_the_same() -> None:
    assert document(replace(passing_run(), started="yesterday"))["summary"]["start"] == 0
