from __future__ import annotations

import dataclasses
import re

import pytest

from reference_app.gateway.unknowns import Unknowns, UnknownsError, assignments_in, from_assignments, rows


def test_every_row_names_its_question_its_fact_and_its_meaning() -> None:
    for row in rows():
        assert re.fullmatch(r"Q-\d+", row.question), row
        assert re.fullmatch(r"[A-Z]{2}-\d+", row.fact), row
        assert row.meaning, row


def test_the_table_is_complete() -> None:
    assert [row.name for row in rows()] == [field.name for field in dataclasses.fields(Unknowns)]
    assert {row.name: row.default for row in rows()} == dataclasses.asdict(Unknowns())


def test_nothing_overridden_gives_the_defaults() -> None:
    assert from_assignments([]) == Unknowns()


def test_rows_of_every_type_can_be_overridden() -> None:
    overridden = from_assignments(
        ["abrupt_close_code=1001", "ping_resets_idle=true", "lenient_json=strict", "delete_close_reason=a=b"]
    )
    assert overridden == Unknowns(
        abrupt_close_code=1001, ping_resets_idle=True, lenient_json="strict", delete_close_reason="a=b"
    )


@pytest.mark.parametrize(
    ("assignment", "complaint"),
    [
        ("lenient_json", "not of the form NAME=VALUE"),
        ("nonsense=1", "'nonsense' is no unknown behaviour; there are: abandoned_connect, "),
        ("lenient_json=maybe", "lenient_json must be one of permissive, unquoted-keys, strict, not 'maybe'"),
        ("ping_resets_idle=yes", "ping_resets_idle must be true or false, not 'yes'"),
        ("abrupt_close_code=-1", "abrupt_close_code must be a whole number, not '-1'"),
    ],
)
def test_a_bad_override_says_what_is_wrong(assignment: str, complaint: str) -> None:
    with pytest.raises(UnknownsError, match=re.escape(complaint)):
        from_assignments([assignment])


def test_a_table_as_text_is_its_assignments_without_comments() -> None:
    text = "# Q-20\n\ndelete_close_reason= a # b \nabrupt_close_code=1001\n"
    assert assignments_in(text) == ["delete_close_reason= a # b ", "abrupt_close_code=1001"]
