from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from reports.gates import Gate, GateRow, judge_gates
from reports.junit import render_junit
from reports.results import ClauseResult, Outcome, Results, Verdict
from reports.tests.sample_runs import failing_run, passing_run


def document(results: Results, gates: tuple[GateRow, ...] = ()) -> ET.Element:
    return ET.fromstring(render_junit([("a-run", results, gates)]))


def case(root: ET.Element, name: str) -> ET.Element:
    (found,) = (element for element in root.iter("testcase") if element.get("name", "").startswith(name))
    return found


def test_there_is_a_case_for_each_clause_and_each_gate() -> None:
    gates = judge_gates([Gate("delivery.lost", most=0), Gate("duration_s", least=1)], failing_run())
    root = document(failing_run(), gates)
    assert len(list(root.iter("testcase"))) == 14
    assert case(root, "delivery.lost").get("classname") == "conformance.gates"
    assert case(root, "BCAST-01").get("classname") == "conformance.BCAST"


def test_a_violation_is_a_failure_with_its_finding() -> None:
    failure = case(document(failing_run()), "BCAST-01").find("failure")
    assert failure is not None
    assert failure.get("message", "").startswith("37 of 12,342 owed deliveries were lost")
    assert "MISSING: m131 never came" in (failure.text or "")


@pytest.mark.parametrize(
    ("outcome", "tag", "kind"),
    [
        (Outcome.FAIL, "failure", "violation"),
        (Outcome.ERROR, "error", "harness-error"),
        (Outcome.UNKNOWN, "error", "inconclusive"),
        (Outcome.SKIP, "skipped", None),
        (Outcome.WAIVED, "skipped", None),
        (Outcome.KNOWN, "skipped", None),
        (Outcome.NON_STRICT, "system-out", None),
        (Outcome.INFO, "system-out", None),
    ],
)
def test_every_outcome_but_pass_is_told_with_its_reason(outcome: Outcome, tag: str, kind: str | None) -> None:
    clause = ClauseResult("X-1", "MUST", "", "a sentence", outcome, reason="the reason")
    found = case(document(replace(failing_run(), clauses=(clause,))), "X-1").find(tag)
    assert found is not None
    assert found.get("type") == kind
    assert "the reason" in (found.get("message") or found.text or "")


def test_a_passing_case_is_empty() -> None:
    assert len(case(document(passing_run()), "BCAST-01")) == 0


@pytest.mark.parametrize(
    ("verdict", "tag"), [("partial", "error"), ("inconclusive", "error"), ("fail", "failure")]
)
def test_a_run_that_is_no_pass_is_never_all_green(verdict: Verdict, tag: str) -> None:
    root = document(replace(passing_run(), verdict=verdict, reason="the reason"))
    found = case(root, "the run is conclusive").find(tag)
    assert found is not None
    assert found.get("message") == "the reason"


def test_a_missed_gate_is_a_failure_and_an_undecided_one_an_error() -> None:
    gates = judge_gates([Gate("delivery.lost", most=0), Gate("connects.101", most=0)], failing_run())
    undecided = GateRow("a rule", None, 1, None, "undecided", "no figure at all")
    root = document(failing_run(), (*gates, undecided))
    assert case(root, "delivery.lost").find("failure") is not None
    error = case(root, "a rule").find("error")
    assert error is not None
    assert "no figure at all" in error.get("message", "")


def test_the_totals_add_up() -> None:
    root = ET.fromstring(render_junit([("a", failing_run(), ()), ("b", passing_run("load"), ())]))
    assert {key: root.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "24",
        "failures": "2",
        "errors": "1",
        "skipped": "1",
    }
    assert [suite.get("name") for suite in root] == ["churnproof conformance a", "churnproof load b"]


def test_characters_that_xml_excludes_are_replaced() -> None:
    clause = ClauseResult("X-1", "MUST", "", "]]> \x00 \ud800 \ufffe <x/> &", Outcome.FAIL, reason="\x1b]]>")
    found = case(document(replace(failing_run(), clauses=(clause,))), "X-1")
    assert found.get("name") == "X-1 ]]> \ufffd \ufffd \ufffd <x/> &"


def test_gates_on_all_runs_are_a_suite_of_their_own() -> None:
    rows = (GateRow("a ≤ baseline + 10 %", 0.4, 0.1, -0.3, "missed", "changed by +45 %"),)
    root = ET.fromstring(render_junit([("", passing_run(), ()), ("", passing_run(), ())], rows))
    suite = root.findall("testsuite")[-1]
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("churnproof all runs", "1", "1")
    assert root.get("failures") == "1"
