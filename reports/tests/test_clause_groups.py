from __future__ import annotations

from dataclasses import replace

from reports.clause_groups import alike, grouped, per_family, per_reason, same_saying
from reports.results import ClauseResult, Outcome
from reports.tests.sample_runs import failing_run


def clause(name: str, outcome: Outcome, reason: str = "", explained_by: tuple[str, ...] = ()) -> ClauseResult:
    return replace(
        failing_run().clauses[0], id=name, outcome=outcome, reason=reason, explained_by=explained_by
    )


def names(clauses: tuple[ClauseResult, ...]) -> list[str]:
    return [each.id for each in clauses]


def test_each_clause_is_in_one_group() -> None:
    groups = grouped(failing_run().clauses)
    assert names(groups.told) == ["BCAST-01", "STALE-02", "DISC-02", "ROUTE-02"]
    assert names(groups.skipped) == ["CONN-02"]
    assert len(groups.held) == 7
    assert groups.explained == ()


def test_what_a_violation_explains_is_no_news_and_what_informs_is_held() -> None:
    groups = grouped(
        [
            clause("A-1", Outcome.INFO),
            clause("A-2", Outcome.UNKNOWN, "explained by A-3", ("A-3",)),
            clause("A-4", Outcome.KNOWN, "accepted with A-3", ("A-3",)),
        ]
    )
    assert (names(groups.told), names(groups.explained), names(groups.held)) == (["A-4"], ["A-2"], ["A-1"])


def test_three_clauses_with_the_same_to_say_say_it_together() -> None:
    same = [clause(f"R-{n}", Outcome.UNKNOWN, "lost before") for n in range(3)]
    mixed = [same[0], clause("B-1", Outcome.UNKNOWN, "too few"), *same[1:]]
    assert alike(mixed) == [same, [mixed[1]]]
    assert same_saying(same) == "lost before"
    assert alike(same[:2]) == [[same[0]], [same[1]]]


def test_clauses_that_violations_explain_name_what_is_at_the_bottom_of_it() -> None:
    causes = (("B-1",), ("B-1", "R-0"), ("R-1", "C-4"))
    same = [clause(f"R-{n}", Outcome.UNKNOWN, f"on its own: {n}", by) for n, by in enumerate(causes)]
    assert alike(same) == [same]
    assert same_saying(same) == "explained by B-1, C-4"


def test_clauses_are_counted_by_family_and_by_reason() -> None:
    clauses = [
        clause("B-1", Outcome.SKIP, "x"),
        clause("A-1", Outcome.SKIP),
        clause("A-2", Outcome.SKIP, "x"),
    ]
    assert per_family(clauses) == "A 2, B 1"
    assert per_reason(clauses) == "x (2), no reason given (1)"
