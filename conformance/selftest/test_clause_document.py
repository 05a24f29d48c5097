"""The clause document says what the table says, and the one in docs/ is the one of this version."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance.__main__ import document, main
from conformance.aws_facts import AwsFact
from conformance.clause_document import KnownBad, clause_document
from conformance.clauses import FAMILIES, Clause, clauses

_KEPT = Path(__file__).parents[2] / "docs" / "clauses.md"
_CLAUSE = Clause(
    "BCAST-01", "MUST", "Everybody MUST hear.", "0.1", ("MG-25",), core=True, explained_by=("CONN-02",)
)
_FACT = AwsFact("MG-25", "A post arrives", "documented", ("https://docs.aws.amazon.com/guide/posts.html",))


def test_the_document_in_the_repository_is_up_to_date() -> None:
    assert _KEPT.read_text(encoding="utf-8") == document(), "run `make docs`"


def test_every_clause_has_a_place_and_every_link_leads_to_one() -> None:
    text = document()
    places = {heading.lower() for heading in re.findall(r"^#+ (\S+)$", text, re.MULTILINE)}
    assert {name.lower() for name in clauses()} <= places
    assert set(re.findall(r"\(#([^)]+)\)", text)) <= places


def test_every_family_says_what_it_is_about() -> None:
    assert {clause.family for clause in clauses().values()} == set(FAMILIES)


def test_a_clause_shows_its_level_its_facts_with_their_pages_and_the_backend_that_proves_it() -> None:
    text = clause_document(
        {_CLAUSE.id: _CLAUSE},
        {_FACT.id: _FACT},
        [KnownBad("first_item_only", "returns early", "BCAST-01")],
        {},
    )
    assert "**MUST** Everybody MUST hear." in text
    assert "needs nothing: core" in text
    assert "caught: `first_item_only`, returns early" in text
    assert "explained by: [CONN-02](#conn-02)" in text
    assert "A post arrives. *Documented: [posts](https://docs.aws.amazon.com/guide/posts.html).*" in text


def test_a_clause_that_no_backend_proves_says_why() -> None:
    text = clause_document({_CLAUSE.id: _CLAUSE}, {_FACT.id: _FACT}, [], {"BCAST-01": "it only tells"})
    assert "caught: by no backend; it only tells" in text


def test_a_fact_that_nobody_has_written_down_is_no_document() -> None:
    with pytest.raises(KeyError, match="MG-25"):
        clause_document({_CLAUSE.id: _CLAUSE}, {}, [], {})


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clauses"]) == 0
    assert capsys.readouterr().out == document()
