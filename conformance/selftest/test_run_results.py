from __future__ import annotations

from collections.abc import Sequence

import pytest

from conformance.checkers import judge
from conformance.checkers.case import Case
from conformance.harness.contract import Contract
from conformance.run_results import results_of
from reports.results import Results

from .story import history_of
from .valid_run import valid_run
from .verdicts import BOUNDS, changed, time_of

_DEAF = "clients that connected while broadcasts ran are deaf"


def _results(*clauses: str, lines: Sequence[str] | None = None) -> Results:
    case = Case(history_of(lines or valid_run()), Contract(), BOUNDS)
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


@pytest.mark.parametrize(
    ("busy", "remarks"),
    [(False, ("something", f"ghost race: 1 of 6 {_DEAF}")), (True, ("something",))],
)
def test_no_remark_calls_a_client_deaf_where_the_machine_was_too_busy_to_tell(
    busy: bool, remarks: Sequence[str]
) -> None:
    began = time_of("sends churn-final")
    lines = [
        line
        for line in changed(r"^\d+ j0 closes", f"{began + 2950} j0 closes")
        if "j0 hears churn-final" not in line
    ]
    found = _results("CHURN-04", lines=[*lines, f"{began + 500} lag {900 if busy else 3}"]).remarks
    assert len(found) == len(remarks)
    assert all(text.startswith(remark) for text, remark in zip(found, remarks, strict=True))
