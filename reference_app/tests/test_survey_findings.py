"""The survey's table: what it says, and that it can be read back."""

from __future__ import annotations

import dataclasses

from reference_app.gateway import unknowns
from reference_app.gateway.unknowns import Unknowns, assignments_in, from_assignments
from reference_app.survey.findings import Finding, checked, found, table, unsettled

CHANGED = Unknowns(abrupt_close_code=1001, ping_resets_idle=True, throttled_message="Slow down, = #")


def all_found(values: Unknowns) -> dict[str, Finding]:
    return {name: found(value) for name, value in dataclasses.asdict(values).items()}


def test_the_table_of_findings_reads_back_as_they_were() -> None:
    assert from_assignments(assignments_in(table(all_found(CHANGED), "x"))) == CHANGED


def test_what_is_not_as_assumed_says_what_was() -> None:
    text = table(all_found(CHANGED), "x")

    assert "\n# assumed: 1006; seen: '1001'\nabrupt_close_code=1001\n" in text
    assert "rows answered, 3 of them not as assumed." in text
    assert text.count("# assumed: ") == 3


def test_a_row_without_an_answer_is_a_comment_with_what_was_seen() -> None:
    findings = all_found(Unknowns()) | {"lenient_json": unsettled("single quotes\nonly")}
    text = table(findings, "x")

    assert "\n# lenient_json: single quotes only; assumed: permissive\n" in text
    assert "\nlenient_json=" not in text


def test_questions_without_a_row_are_told_at_the_end() -> None:
    text = table({**all_found(Unknowns()), "Q-26": unsettled("ran on")}, "x")

    assert text.endswith("\n# Questions without a row\n# Q-26: ran on\n")


def test_a_value_that_its_row_cannot_hold_is_kept_as_what_was_seen() -> None:
    findings = checked({"abrupt_close_code": found("none"), "abrupt_close_reason": found("a\nb")})

    assert [finding.value for finding in findings.values()] == [None, None]
    assert "must be a whole number" in findings["abrupt_close_code"].seen


def test_booleans_are_written_as_the_table_writes_them() -> None:
    assert (found(True).value, found(False).value, found(1).value) == ("true", "false", "1")


def test_every_row_has_its_place_in_the_table() -> None:
    names = [line.partition("=")[0] for line in assignments_in(table(all_found(Unknowns()), "x"))]
    assert names == [row.name for row in unknowns.rows()]
