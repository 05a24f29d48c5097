"""`facts.toml` against the tests: what can be seen here is proven, and nothing is guessed in silence."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from reference_app.gateway import unknowns

_TESTS = Path(__file__).parent
_FACT = re.compile(r"\b(?P<family>[A-Z]{2})-(?P<first>\d+)(?: to (?P=family)-(?P<last>\d+))?")
_STATUSES = {"DOCUMENTED", "OBSERVED", "OBSERVED-C", "DERIVED", "DISPUTED", "UNKNOWN"}


@cache
def facts() -> dict[str, Any]:
    return tomllib.loads((_TESTS.parent / "facts.toml").read_text(encoding="utf-8"))


@cache
def named_in_tests() -> frozenset[str]:
    texts = (path.read_text(encoding="utf-8") for path in _TESTS.rglob("test_*.py") if path != Path(__file__))
    return frozenset(name for text in texts for name in _named(text))


def _named(text: str) -> set[str]:
    return {
        f"{found['family']}-{number}"
        for found in _FACT.finditer(text)
        for number in range(int(found["first"]), int(found["last"] or found["first"]) + 1)
    }


@pytest.mark.parametrize("fact", facts())
def test_a_fact_is_named_by_a_test_or_says_why_it_is_not_met_here(fact: str) -> None:
    assert (fact in named_in_tests()) != ("not_here" in facts()[fact])


def test_every_family_is_there_with_status_and_summary() -> None:
    families = {"HS", "RT", "LM", "DC", "MG", "EV", "RA", "LI", "ES", "SQ", "MK"}
    assert {fact[:2] for fact in facts()} == families
    assert {entry["status"] for entry in facts().values()} == _STATUSES
    assert all(len(entry["summary"]) > 3 for entry in facts().values())


def test_what_is_unknown_stands_in_the_table_of_unknowns() -> None:
    assumed = {row.fact for row in unknowns.rows()}
    unknown = {
        fact for fact, entry in facts().items() if entry["status"] == "UNKNOWN" and "not_here" not in entry
    }
    assert unknown - assumed == set()


def test_the_table_of_unknowns_cites_facts_that_exist() -> None:
    cited = {row.fact for row in unknowns.rows() if row.fact[:2] not in ("RC", "CL")}
    assert cited <= facts().keys()
