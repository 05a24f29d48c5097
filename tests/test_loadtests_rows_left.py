"""Whose rows a load has left, from stories of loads."""

from __future__ import annotations

import pytest

from conformance.checkers.case import Judged
from conformance.selftest.story import history_of
from loadtests._rows_left import rows_left, stale_rows
from reports.results import Outcome

_ALL = frozenset({"table", "management"})
_LOAD = """
    0 a connects stayer
    0 b connects joiner
    100 row a there
    100 row b there
    200 a closes
    200 b aborts
"""
_GONE = "300 row a absent\n300 row b absent"
_ONE_LEFT = "300 row a absent\n300 row b there"


def _judged(end: str, features: frozenset[str] = _ALL) -> Judged:
    return rows_left(history_of(_LOAD + end), features)


def test_no_row_is_left() -> None:
    judged = _judged(_GONE)
    assert (judged.outcome, judged.evidence) == (Outcome.PASS, {"rows": 2, "left": 0})
    assert stale_rows(history_of(_LOAD + _GONE)) == {"seen": 2, "left": 0}


def test_a_row_that_is_left_is_named() -> None:
    judged = _judged(_ONE_LEFT)
    assert judged.outcome is Outcome.FAIL
    assert judged.evidence == {"rows": 2, "left": 1}
    assert "b-id" in judged.reason
    assert [finding.title for finding in judged.findings] == ["the row of b-id was left"]
    assert stale_rows(history_of(_LOAD + _ONE_LEFT)) == {"seen": 2, "left": 1}


def test_without_the_management_api_a_row_that_is_left_may_be_anybodys() -> None:
    table = frozenset({"table"})
    assert _judged(_ONE_LEFT, table).outcome is Outcome.UNKNOWN
    assert _judged(_GONE, table).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("lines", "features", "outcome", "why"),
    [
        (_LOAD + _GONE, frozenset[str](), Outcome.SKIP, "--table"),
        (_LOAD, _ALL, Outcome.UNKNOWN, "nobody looked"),
        ("0 a connects stayer\n200 a closes\n300 row a absent", _ALL, Outcome.SKIP, "no connection ids"),
        ("0 a connects stayer\n200 a closes", _ALL, Outcome.SKIP, "no connection ids"),
    ],
)
def test_too_little_evidence_is_no_pass(
    lines: str, features: frozenset[str], outcome: Outcome, why: str
) -> None:
    judged = rows_left(history_of(lines), features)
    assert judged.outcome is outcome
    assert why in judged.reason
