"""What is waived or known is told and does not fail the run; everything else does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from conformance.accepted import Accepted, Waiver
from reports.results import ClauseResult, Outcome, Results, verdict_of

_WAIVER = Waiver("BCAST-04", "until the app is out", "team-chat", date(2026, 12, 31))
_TARGET = {"url": "wss://example.test/prod", "contract": {"order": "none"}}


def _clause(
    name: str, outcome: Outcome, explained_by: tuple[str, ...] = (), reason: str = ""
) -> ClauseResult:
    return ClauseResult(name, "MUST", "none", "", outcome, reason, explained_by=explained_by)


def _run(*clauses: ClauseResult, target: Mapping[str, object] = _TARGET) -> Results:
    verdict, reason = verdict_of(clauses)
    return Results("conformance", verdict, reason, target, 1, "2026-11-20T08:00:00+00:00", 30.0, clauses)


def _applied(accepted: Accepted, *clauses: ClauseResult) -> list[ClauseResult]:
    by_id = {clause.id: clause for clause in clauses}
    return [accepted.applied(clause, by_id.__getitem__) for clause in clauses]


_WAIVING = Accepted({"BCAST-04": _WAIVER})
_RED = _clause("BCAST-04", Outcome.FAIL, reason="3 copies were damaged")
_FOLLOWING = _clause("BCAST-05", Outcome.UNKNOWN, ("BCAST-04",))


def test_a_waived_violation_is_told_with_reason_owner_and_expiry_and_what_was_found() -> None:
    [result] = _applied(_WAIVING, _RED)
    assert result.outcome is Outcome.WAIVED
    assert result.reason == (
        "waived until 2026-12-31 by team-chat: until the app is out; 3 copies were damaged"
    )


def test_a_run_whose_violations_are_waived_passes_and_names_them() -> None:
    verdict, reason = verdict_of([*_applied(_WAIVING, _RED), _clause("BCAST-01", Outcome.PASS)])
    assert verdict == "pass"
    assert reason == "1 clause held; 1 waived: BCAST-04"


def test_a_run_without_a_single_pass_is_no_pass_whatever_is_waived() -> None:
    assert verdict_of(_applied(_WAIVING, _RED))[0] == "inconclusive"


def test_the_violation_of_another_clause_still_fails() -> None:
    [result] = _applied(_WAIVING, _clause("BCAST-01", Outcome.FAIL))
    assert result.outcome is Outcome.FAIL


def test_what_a_waived_violation_explains_is_waived_with_it() -> None:
    assert [result.outcome for result in _applied(_WAIVING, _RED, _FOLLOWING)] == [Outcome.WAIVED] * 2


def test_what_an_unwaived_violation_explains_too_stays_unknown() -> None:
    both = _clause("BCAST-05", Outcome.UNKNOWN, ("BCAST-04", "BCAST-01"))
    [*_, result] = _applied(_WAIVING, _RED, _clause("BCAST-01", Outcome.FAIL), both)
    assert result.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.ERROR, Outcome.SKIP])
def test_missing_evidence_cannot_be_waived(outcome: Outcome) -> None:
    [result] = _applied(_WAIVING, _clause("BCAST-04", outcome))
    assert result.outcome is outcome


def test_a_violation_of_the_baseline_is_known() -> None:
    [result] = _applied(Accepted(baseline=_run(_RED)), _RED)
    assert (result.outcome, result.reason) == (
        Outcome.KNOWN,
        "violated in the baseline too; 3 copies were damaged",
    )


@pytest.mark.parametrize("before", [Outcome.PASS, Outcome.UNKNOWN, Outcome.SKIP, Outcome.ERROR])
def test_a_violation_that_the_baseline_did_not_prove_fails(before: Outcome) -> None:
    [result] = _applied(Accepted(baseline=_run(_clause("BCAST-04", before))), _RED)
    assert result.outcome is Outcome.FAIL


def test_a_violation_of_a_clause_that_the_baseline_did_not_judge_fails() -> None:
    [result] = _applied(Accepted(baseline=_run(_clause("CONN-01", Outcome.FAIL))), _RED)
    assert result.outcome is Outcome.FAIL


def test_what_was_known_only_along_with_another_was_never_proven() -> None:
    earlier = _run(_clause("BCAST-05", Outcome.KNOWN, ("BCAST-04",)))
    [result] = _applied(Accepted(baseline=earlier), _clause("BCAST-05", Outcome.FAIL))
    assert result.outcome is Outcome.FAIL


def test_a_waiver_that_is_not_needed_or_not_judged_is_told() -> None:
    [passes] = _WAIVING.remarks([_clause("BCAST-04", Outcome.PASS)], _TARGET)
    [absent] = _WAIVING.remarks([], _TARGET)
    [in_use] = _WAIVING.remarks(_applied(_WAIVING, _RED), _TARGET)
    assert passes.startswith("waiver no longer needed: BCAST-04 passes")
    assert absent.endswith("this run did not judge it")
    assert in_use.startswith("BCAST-04 is violated and waived until 2026-12-31 by team-chat")


def test_what_moved_is_told_in_all_directions() -> None:
    before = [("A-01", Outcome.PASS), ("A-02", Outcome.FAIL), ("A-03", Outcome.PASS), ("A-04", Outcome.FAIL)]
    after = [
        ("A-01", Outcome.FAIL),
        ("A-02", Outcome.PASS),
        ("A-03", Outcome.UNKNOWN),
        ("A-04", Outcome.KNOWN),
    ]
    accepted = Accepted(baseline=_run(*(_clause(*each) for each in before)))
    assert accepted.remarks([_clause(*each) for each in after], _TARGET) == (
        "newly violated since the baseline of 2026-11-20: A-01 (pass before)",
        "better since the baseline of 2026-11-20: A-02 (fail before)",
        "no longer proven since the baseline of 2026-11-20: A-03 (unknown now)",
    )


def test_nothing_moved_is_told_too() -> None:
    assert Accepted(baseline=_run(_RED)).remarks([replace(_RED, outcome=Outcome.KNOWN)], _TARGET) == (
        "nothing moved since the baseline of 2026-11-20",
    )


def test_a_baseline_of_another_target_or_contract_is_remarked() -> None:
    other = _run(_RED, target={"url": "wss://example.test/dev", "contract": {"order": "per-sender"}})
    remarks = Accepted(baseline=replace(other, cut_short=True)).remarks([], _TARGET)
    assert remarks[0] == (
        "the baseline judged another target: wss://example.test/dev, not wss://example.test/prod"
    )
    assert remarks[1] == "the baseline was judged by another contract"
    assert remarks[2].startswith("the baseline was cut short")
