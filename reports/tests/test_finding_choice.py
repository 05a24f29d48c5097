from __future__ import annotations

from reports.finding_choice import findings_of
from reports.tests.sample_runs import failing_run, passing_run


def test_every_clause_shows_a_finding_before_any_shows_a_second() -> None:
    shown, omitted = findings_of(failing_run(), 2)
    assert [clause.id for clause, _ in shown] == ["BCAST-01", "STALE-02"]
    assert omitted == 1


def test_findings_of_a_clause_stay_together() -> None:
    shown, omitted = findings_of(failing_run(), 10)
    assert [clause.id for clause, _ in shown] == ["BCAST-01", "BCAST-01", "STALE-02"]
    assert omitted == 0


def test_a_run_that_holds_has_none() -> None:
    assert findings_of(passing_run(), 10) == ([], 0)
