from __future__ import annotations

import re
from dataclasses import replace

from reports.finding_choice import findings_of
from reports.finding_section import findings_section
from reports.results import Outcome
from reports.tests.plain_text import plain
from reports.tests.sample_runs import failing_run, sample_finding


def test_a_finding_has_its_diagram_also_in_words() -> None:
    shown, omitted = findings_of(failing_run(), 10)
    section = findings_section(shown, "run", omitted)
    assert section.count("<svg") == section.count("The same as text") == 3
    assert "MISSING: m131 never came" in section
    assert 'id="run-BCAST-01"' in section


def test_ids_of_findings_are_unique() -> None:
    shown, omitted = findings_of(failing_run(), 10)
    ids = re.findall(r' id="([^"]*)"', findings_section(shown, "run", omitted))
    assert len(ids) == len(set(ids)) > 0


def test_findings_that_are_left_out_are_counted() -> None:
    shown, omitted = findings_of(failing_run(), 2)
    assert "1 more findings are in results.json." in findings_section(shown, "run", omitted)


def test_no_findings_have_no_section() -> None:
    assert findings_section([], "run", 0) == ""


def test_a_finding_without_timeline_connections_and_command_is_shown() -> None:
    bare = replace(sample_finding(), timeline=(), connections=(), repeat="")
    clause = replace(failing_run().clauses[4], outcome=Outcome.FAIL, findings=(bare,))
    section = findings_section([(clause, bare)], "run", 0)
    assert "svg" not in section
    assert "Expected" in section


def test_the_first_finding_of_a_clause_is_shown_and_others_are_folded() -> None:
    shown, omitted = findings_of(failing_run(), 10)
    first, second = findings_section(shown, "run", omitted).split('<details class="folded">')
    assert "c5 never heard m131" in first
    assert plain("<x>" + second).startswith("1 more of BCAST-01 BCAST-01 c7 never heard m209")


def test_findings_of_clauses_that_another_one_explains_are_folded_together() -> None:
    own = failing_run().clauses[4]
    other = replace(own, id="CHURN-01", outcome=Outcome.UNKNOWN, explained_by=("BCAST-01",))
    section = findings_section([(own, sample_finding()), (other, sample_finding())], "run", 0)
    folded = section.split('<details class="folded">')[1]
    assert plain("<x>" + folded).startswith("1 about clauses that another one explains CHURN-01")
    assert 'id="run-CHURN-01"' in folded
