"""The mutator changes one computed thing at a time, and every reason for a survivor names a mutant."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path

import pytest

from .mutation.mutants import Mutant, mutants
from .mutation.reach import relevant
from .mutation.subjects import ORACLE, checkers, subjects

_HERE = Path(__file__).parent
_NOTHING: frozenset[str] = frozenset()


@cache
def _of_the_oracle() -> list[Mutant]:
    return mutants(ORACLE.source)


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
        ("x = a if b else c", ["x = c if b else a", "x = a if False else c"]),
        ("x = min(a)", ["x = max(a)"]),
        ("x = a.any()", ["x = a.all()"]),
        ("if a:\n    pass", ["if False:\n    pass"]),
        ("x = {a for a in b if a}", ["x = {a for a in b if True}"]),
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


def test_the_oracle_has_mutants_enough_with_names_of_their_own_and_they_are_python() -> None:
    found = _of_the_oracle()
    assert len(found) >= 100
    assert len({mutant.name for mutant in found}) == len(found)
    for mutant in found[::20]:
        ast.parse(mutant.source)


def test_every_reason_is_of_a_mutant_that_there_is() -> None:
    reasons = tomllib.loads((_HERE / "mutation" / "survivors.toml").read_text(encoding="utf-8"))
    for name, of_module in reasons.items():
        [subject] = subjects([name])
        assert of_module.keys() <= {mutant.name for mutant in mutants(subject.source)}
        assert all(len(reason) > 20 for reason in of_module.values())


def test_every_module_of_the_judge_is_mutated() -> None:
    assert {"judge", "case", "evidence", "churning", "rows"} <= {one.name for one in checkers()}
    assert all(mutants(subject.source) for subject in checkers())


def test_the_tests_of_the_module_itself_come_first() -> None:
    clauses, runs = {"CHURN-01": frozenset({"a.m:f"})}, frozenset({"a.m:f"})
    tests = {"x/test_n.py::one[CHURN-01]": runs, "x/test_n.py::two": runs, "x/test_m.py::three": runs}
    first = ["x/test_m.py::three", "x/test_n.py::one[CHURN-01]", "x/test_n.py::two"]
    assert relevant("a.m", "f", clauses, tests) == first


def test_a_name_that_nothing_has_is_told_with_those_that_there_are() -> None:
    assert subjects(["checkers", "oracle"])
    with pytest.raises(ValueError, match=r"any of checkers, oracle, .*stale.*, not nobody"):
        subjects(["oracle", "nobody"])


def test_a_mutant_is_judged_by_the_tests_of_the_clauses_that_run_it_and_by_others_that_do() -> None:
    clauses = {"CHURN-01": frozenset({"m:losses"}), "LIMIT-01": frozenset({"m:size"}), "BCAST-01": _NOTHING}
    tests = {
        "t::size": frozenset({"m:size", "n:other"}),
        "t::both": frozenset({"m:size", "m:losses"}),
        "t::neither": _NOTHING,
        "t::one[CHURN-01]": frozenset({"m:size", "m:losses"}),
        "t::one[LIMIT-01-lag 800]": frozenset({"m:size", "m:losses"}),
        "t::one[BCAST-01]": frozenset({"m:size", "m:losses"}),
    }
    assert relevant("m", "losses", clauses, tests) == ["t::one[CHURN-01]", "t::both"]
    assert relevant("m", "size.inner", clauses, tests) == ["t::one[LIMIT-01-lag 800]", "t::size", "t::both"]
    assert relevant("m", "module", clauses, tests) == [
        "t::one[CHURN-01]",
        "t::one[LIMIT-01-lag 800]",
        "t::size",
        "t::both",
    ]
    assert set(relevant("m", "AClass", clauses, tests)) == tests.keys()
