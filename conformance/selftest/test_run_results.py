from __future__ import annotations

from conformance.checkers import judge
from conformance.checkers.case import Case
from conformance.harness.contract import Bounds, Contract
from conformance.run_results import results_of
from reports.results import Results

from .story import history_of
from .valid_run import valid_run


def _results(*clauses: str) -> Results:
    case = Case(
        history_of(valid_run()), Contract(), Bounds(deliver_s=1.0, cleanup_s=2.0, stale_s=3.0, connect_s=0.0)
    )
    judged = [judge(name, case) for name in clauses]
    return results_of(
        "conformance", case, judged, target={}, seed=1, command="pytest", remarks=("something",)
    )


def test_the_rate_of_the_ghost_race_is_told_beside_other_remarks() -> None:
    assert _results("CHURN-04").remarks == (
        "something",
        "ghost race: 0 of 6 clients that connected while broadcasts ran are deaf "
        "(95 % confidence interval 0 % to 39 %)",
    )


def test_the_ghost_race_is_told_only_where_it_was_judged() -> None:
    assert _results("CHURN-01").remarks == ("something",)
