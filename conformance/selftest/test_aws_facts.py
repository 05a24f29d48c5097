"""Every fact that is cited can be read."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from conformance.aws_facts import AwsFact, Status, aws_facts
from conformance.clauses import Clause, clauses


@pytest.mark.parametrize("clause", clauses().values(), ids=lambda clause: clause.id)
def test_the_facts_of_a_clause_are_written_down(clause: Clause) -> None:
    assert set(clause.facts) <= set(aws_facts())


@pytest.mark.parametrize("fact", aws_facts().values(), ids=lambda fact: fact.id)
def test_a_fact_says_something_and_what_is_documented_names_a_page(fact: AwsFact) -> None:
    assert re.fullmatch(r"[A-Z]{2}-\d+", fact.id)
    assert len(fact.says) > 10
    assert fact.status in get_args(Status)
    assert all(source.startswith("https://") for source in fact.sources)
    assert fact.sources or fact.status != "documented"
