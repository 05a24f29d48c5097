from __future__ import annotations

import re
from dataclasses import replace

from reports.clause_section import causes, clauses_section
from reports.results import Outcome
from reports.tests.plain_text import plain
from reports.tests.sample_runs import failing_run, passing_run


def test_the_first_screen_says_in_words_what_was_violated() -> None:
    shown = causes(failing_run(), "run", {"BCAST-01"})
    assert plain(shown).startswith(
        "BCAST-01 Every connection open during a broadcast hears it exactly once. 37 of 12,342 owed"
    )
    assert re.findall(r'href="([^"]*)"', shown) == ["#run-BCAST-01"]
    assert "DISC-02" not in shown


def test_an_inconclusive_run_says_what_was_not_shown() -> None:
    clauses = tuple(replace(c, outcome=Outcome.PASS) for c in failing_run().clauses if c.id != "DISC-02")
    unknown = next(c for c in failing_run().clauses if c.id == "DISC-02")
    run = replace(failing_run(), verdict="inconclusive", clauses=(*clauses, unknown))
    assert plain(causes(run, "run", ())).startswith("DISC-02 The row of an aborted connection")


def test_what_is_unknown_is_told_where_it_is_the_verdict() -> None:
    run = replace(failing_run(), verdict="inconclusive")
    assert 'class="is-unknown"' in clauses_section(run, "run", []).split("<details")[0]


def test_a_run_that_passed_has_no_causes() -> None:
    assert causes(passing_run(), "run", ()) == ""


def test_causes_beyond_three_are_counted() -> None:
    clauses = tuple(replace(clause, outcome=Outcome.FAIL) for clause in passing_run().clauses)
    shown = causes(replace(failing_run(), clauses=clauses), "run", ())
    assert shown.count("<li>") == 4
    assert "and 9 more, below" in shown


def test_what_matters_is_shown_and_the_rest_is_folded() -> None:
    section = clauses_section(failing_run(), "run", ["BCAST-01"])
    shown, *folded = section.split("<details")
    assert re.findall(r'class="is-([\w-]+)"', shown) == ["fail", "fail", "non-strict"]
    unsure, skipped, held = (plain(f"<x{part}") for part in folded)
    assert unsure.startswith("1 clause unknown: DISC-02")
    assert skipped.startswith("1 clause skipped: needs feature “faults”: local stack only (1)")
    assert held.startswith("7 clauses held: BCAST 2, CHURN 1, CONN 1, DISC 1, ROUTE 1, STALE 1")
    assert 'href="#run-BCAST-01"' in section
    assert 'href="#run-STALE-02"' not in section


def test_clauses_that_a_violation_explains_are_folded_and_named() -> None:
    clauses = tuple(
        replace(c, outcome=Outcome.UNKNOWN, explained_by=("BCAST-01",)) if c.id.startswith("CHURN") else c
        for c in failing_run().clauses
    )
    shown = plain(clauses_section(replace(failing_run(), clauses=clauses), "run", []))
    assert "1 clause that a violation above explains: CHURN-01" in shown


def test_no_clauses_are_told() -> None:
    assert "No clause was judged." in clauses_section(replace(passing_run(), clauses=()), "run", [])


def test_a_clause_that_needs_nothing_names_no_feature() -> None:
    clause = replace(passing_run().clauses[4], feature="none")
    assert "BCAST-01 MUST · core Every" in plain(
        clauses_section(replace(passing_run(), clauses=(clause,)), "run", [])
    )
