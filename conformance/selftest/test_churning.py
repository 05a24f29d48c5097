"""What the clauses about churn take for evidence, beyond what the mutations show."""

from __future__ import annotations

import pytest

from conformance.checkers import judge
from conformance.checkers.case import Case
from conformance.harness.contract import Contract
from reports.results import Outcome

from .story import history_of
from .story_mutations import MUTATIONS, take_out
from .valid_run import valid_run
from .verdicts import BOUNDS, judged, outcomes


def test_only_those_whom_a_clause_is_about_are_evidence_for_it() -> None:
    """Stayers hear everything; of those who joined, nobody stayed long enough to be owed anything."""
    lines = ["0 k0 connects stayer", "1 k1 connects stayer", "2 k2 connects stayer", "30000 lag 1"]
    for number in range(5):
        at = 1000 + 2000 * number
        lines += [f"{at} k0 sends m{number} churn/main"]
        lines += [f"{at + 20 + ear} k{ear} hears m{number}" for ear in range(3)]
        lines += [f"{at + 500} v{number} connects joiner", f"{at + 700} v{number} closes"]
    found = outcomes(lines)
    assert found["CHURN-01"] is Outcome.PASS
    assert found["CHURN-08"] is Outcome.UNKNOWN


def test_a_loss_is_one_without_churn_too_but_nothing_held_under_churn_without_any() -> None:
    lines = [f"{ear} k{ear} connects stayer" for ear in range(3)]
    for number in range(5):
        lines += [f"{1000 + 2000 * number} k0 sends m{number} churn/main"]
        lines += [f"{1020 + 2000 * number + ear} k{ear} hears m{number}" for ear in range(3)]
    lines += ["30000 lag 1"]
    assert judged("CHURN-01", lines).outcome is Outcome.UNKNOWN
    assert judged("CHURN-01", take_out(r"k1 hears m2")(lines)).outcome is Outcome.FAIL


def test_the_ghost_race_tells_how_many_clients_it_was_run_with_and_how_sure_its_rate_is() -> None:
    case = Case(history_of(MUTATIONS["CHURN-04"](valid_run())), Contract(), BOUNDS)
    found = judge("CHURN-04", case).evidence
    assert (found["asked"], found["deaf"]) == (6, 1)
    assert found["deaf_rate_95"] == (pytest.approx(0.030, abs=0.001), pytest.approx(0.564, abs=0.001))


def test_the_ghost_race_counts_who_met_a_broadcast_in_its_handshake() -> None:
    lines = ["0 k0 connects stayer", "1000 k0 sends m churn/main", "1050 k0 hears m"]
    lines += ["1040 met connects joiner", "1060 late connects joiner"]
    for at in (3000, 4500):
        lines += [f"{at} k0 sends f{at} churn/final"]
        lines += [f"{at + 20} {ear} hears f{at}" for ear in ("k0", "met", "late")]
    evidence = judge("CHURN-04", Case(history_of([*lines, "9000 lag 1"]), Contract(), BOUNDS)).evidence
    assert (evidence["asked"], evidence["met_a_broadcast"]) == (2, 1)


def test_the_smallest_interleaving_that_failed_is_told_whole_and_first() -> None:
    lines = ["0 a connects interleaver/1", "5 b connects interleaver/1", "9 c connects interleaver/1"]
    lines += ["100 a sends long1 interleaving/1", "120 a hears long1", "120 b hears long1"]
    lines += [
        "2000 b sends long2 interleaving/1",
        "2020 a hears long2",
        "2020 b hears long2",
        "5000 c closes",
    ]
    lines += [
        "5001 a closes",
        "5002 b closes",
        "6000 d connects interleaver/10",
        "6010 e connects interleaver/10",
    ]
    lines += ["6100 d sends short interleaving/10", "6120 d hears short", "9000 lag 1"]
    result = judge("CHURN-12", Case(history_of(lines), Contract(), BOUNDS))
    first = result.findings[0]
    assert first.title == "the smallest interleaving that failed"
    assert first.observed == "e did not hear m2"
    told = [(step.who, step.to) for step in first.timeline if step.mark == "expected"]
    assert told == [("backend", "e")]
    assert len(result.findings) > 1
