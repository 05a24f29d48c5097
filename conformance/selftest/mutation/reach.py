"""What a clause is judged by, and what a test runs: only who runs a function can show that it is wrong."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import CodeType, FrameType

from conformance.checkers import CHECKERS, judge
from conformance.checkers.case import Case
from conformance.harness.contract import Bounds, Contract
from conformance.selftest.story import history_of
from conformance.selftest.story_mutations import MUTATIONS
from conformance.selftest.valid_run import valid_run
from reports.history import GeneratorHealth
from reports.history_reader import History

_CLAUSE = re.compile(r"\[(?:.*-)?([A-Z]+-\d\d)\b")
_BUSY = GeneratorHealth(at_ns=1 << 62, schedule_lag_ns=1 << 62, cpu=1.0)
_MUTATED = ("conformance.checkers", "conformance.harness")
Reach = Mapping[str, frozenset[str]]
"""By clause or by test, the functions that run for it, as `module:qualified name`."""


def reach_of_clauses() -> Reach:
    """Of the valid run, of the mutation of it that turns the clause red, and of that on a busy machine."""
    valid = history_of(valid_run())
    return {clause: _judging(clause, [valid, *_red(clause)]) for clause in CHECKERS}


@contextlib.contextmanager
def noted() -> Iterator[set[str]]:
    """The functions of the checkers and of the harness that run meanwhile."""
    called: set[str] = set()
    known: dict[int, CodeType] = {}  # by id, since code is compared, and hashed, by all that it holds

    def note(frame: FrameType, _event: str, _argument: object) -> None:
        if id(frame.f_code) in known:
            return
        known[id(frame.f_code)] = frame.f_code
        module = str(frame.f_globals.get("__name__"))
        if module.startswith(_MUTATED):
            called.add(f"{module}:{frame.f_code.co_qualname.partition('.<locals>')[0]}")

    sys.settrace(note)
    try:
        yield called
    finally:
        sys.settrace(None)


def relevant(module: str, definition: str, clauses: Reach, tests: Reach) -> list[str]:
    """The tests that may notice a change of that definition: those of the module, of its clauses, and others.

    A test about a clause has the clause's id among its parameters, and concerns what that one is judged by.
    """
    about = {test: found[1] for test in tests if (found := _CLAUSE.search(test)) and found[1] in clauses}
    judged_by = _concerned(module, definition, clauses)
    run_by = _concerned(module, definition, {test: tests[test] for test in tests if test not in about})
    own = f"/test_{module.rpartition('.')[2]}.py::"
    return sorted(
        [*(test for test in about if about[test] in judged_by), *run_by], key=lambda test: own not in test
    )


def _concerned(module: str, definition: str, reach: Reach) -> list[str]:
    """Those that run the definition, or all where none does; what is outside functions, any of the module."""
    place = f"{module}:" if definition == "module" else f"{module}:{definition}."
    found = [name for name, called in reach.items() if any(_within(place, f"{one}.") for one in called)]
    return found or list(reach)


def _within(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _red(clause: str) -> list[History]:
    if clause not in MUTATIONS:
        return []
    red = history_of(MUTATIONS[clause](valid_run()))
    return [red, replace(red, health=[_BUSY])]


def _judging(clause: str, histories: Iterable[History]) -> frozenset[str]:
    with noted() as called:
        for history in histories:
            judge(clause, Case(history, Contract(), Bounds(1.0, 2.0, 3.0, 0.0)))
    return frozenset(called)
