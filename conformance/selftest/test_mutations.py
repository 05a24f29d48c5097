"""Ring (b): one change to a valid run turns exactly one clause red, and for every clause there is one."""

from __future__ import annotations

import pytest

from conformance.checkers import CHECKERS
from conformance.clauses import clauses
from conformance.harness.contract import Contract
from reports.results import Outcome

from .story_mutations import MUTATIONS, change
from .valid_run import valid_run
from .verdicts import judged, outcomes

_RED = (Outcome.FAIL, Outcome.NON_STRICT)


def test_a_valid_run_passes_every_clause() -> None:
    red = {name: outcome for name, outcome in outcomes(valid_run()).items() if outcome is not Outcome.PASS}
    assert red == {"BCAST-10": Outcome.INFO}


def test_every_clause_has_a_mutation() -> None:
    """All but BCAST-10, which is told and not judged."""
    assert set(MUTATIONS) == set(clauses()) - {"BCAST-10"}


@pytest.mark.parametrize("clause", MUTATIONS)
def test_one_mutation_turns_exactly_its_clause_red(clause: str) -> None:
    found = outcomes(MUTATIONS[clause](valid_run()))
    assert [name for name, outcome in found.items() if outcome in _RED] == [clause]


def test_messages_out_of_order_are_red_where_the_contract_promises_order() -> None:
    lines = [*valid_run(), "90000 o connects orderly"]
    lines += ["91000 o sends o1 broadcast/plain", "91001 o sends o2 broadcast/plain"]
    lines += ["91020 o hears o2", "91021 o hears o1", "99000 lag 1"]
    assert judged("BCAST-10", lines, Contract(order="per-sender")).outcome is Outcome.FAIL
    assert judged("BCAST-10", lines, Contract(order="none")).outcome is Outcome.INFO


def test_without_evidence_nothing_passes() -> None:
    """An empty run, and a run in which nobody spoke."""
    for lines in (["0 lag 1"], ["0 a connects stayer", "0 b connects stayer", "9000 lag 1"]):
        assert Outcome.PASS not in outcomes(lines).values()


def test_json_that_is_no_object_must_leave_its_senders_connection_usable_too() -> None:
    closed = change(
        r"^(\d+) (not-an-object-villain sends not-an-object .*)$",
        lambda m: f"{m[0]}\n{int(m[1]) + 1} not-an-object-villain closed-by-peer",
    )
    assert judged("ROUTE-08", valid_run()).outcome is Outcome.PASS
    assert judged("ROUTE-08", closed(valid_run())).outcome is Outcome.FAIL


def test_every_clause_has_a_checker_and_every_checker_a_clause() -> None:
    assert list(CHECKERS) == sorted(CHECKERS, key=list(CHECKERS).index)
    assert set(CHECKERS) == set(clauses())


def test_what_explains_a_clause_is_a_clause() -> None:
    named = {cause for clause in clauses().values() for cause in clause.explained_by}
    assert named <= set(clauses())


def test_a_violation_that_another_one_explains_is_unknown_and_what_held_is_not() -> None:
    red = MUTATIONS["DISC-01"](valid_run())
    both = MUTATIONS["CHURN-05"](red)
    explained = judged("CHURN-05", both)
    assert (explained.outcome, explained.explained_by) == (Outcome.UNKNOWN, ("DISC-01",))
    assert explained.reason.startswith("explained by DISC-01; on its own: ")
    assert judged("CHURN-05", red).outcome is Outcome.PASS
