"""The mutator changes one computed thing at a time, and every reason for a survivor names a mutant."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path

import pytest

from .mutation.mutants import Mutant, mutants

_HERE = Path(__file__).parent
_ORACLE = _HERE.parent / "harness" / "oracle.py"


@cache
def _of_the_oracle() -> list[Mutant]:
    return mutants(_ORACLE.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = a <= b", ["x = a < b"]),
        ("x = a is None", ["x = a is not None"]),
        ("x = a + b", ["x = a - b"]),
        ("x = a and b", ["x = a or b"]),
        ("x = ~a", ["x = a"]),
        ("x = True", ["x = False"]),
        ("x = 7", ["x = 8"]),
        ("x = a if b else c", ["x = c if b else a"]),
        ("x = min(a)", ["x = max(a)"]),
        ("x = a.any()", ["x = a.all()"]),
        ("x = a - 1", ["x = a + 1", "x = a - 2"]),
    ],
)
def test_a_mutant_differs_in_one_place(before: str, after: list[str]) -> None:
    assert [mutant.source for mutant in mutants(before)] == after


@pytest.mark.parametrize(
    "text", ['"""A docstring."""', "import a", "x: int", "def f(a: 'b[1]') -> 'c[2]': ..."]
)
def test_what_does_not_compute_has_no_mutants(text: str) -> None:
    assert mutants(text) == []


def test_a_mutant_is_named_after_its_place_and_its_change() -> None:
    [first, second] = mutants("class A:\n    def f(self):\n        return 1 < x\n")
    assert first.name == "A.f: return 1 < x | 1 < x -> 1 <= x"
    assert second.name == "A.f: return 1 < x | 1 -> 2"


def test_the_oracle_has_mutants_enough_with_names_of_their_own_and_each_is_python() -> None:
    found = _of_the_oracle()
    assert len(found) >= 100
    assert len({mutant.name for mutant in found}) == len(found)
    for mutant in found:
        ast.parse(mutant.source)


def test_every_reason_is_of_a_mutant_that_there_is() -> None:
    reasons = tomllib.loads((_HERE / "mutation" / "survivors.toml").read_text(encoding="utf-8"))
    names = {mutant.name for mutant in _of_the_oracle()}
    assert reasons.keys() <= names
    assert all(len(reason) > 20 for reason in reasons.values())
