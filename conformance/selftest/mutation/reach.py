"""Which clauses a function of the checkers is run for: only their stories can show that it is wrong."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
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
Reach = Mapping[str, frozenset[str]]
"""By clause, the functions that run when it is judged, as `module:qualified name`."""


def reach() -> Reach:
    """Of the valid run, of the mutation of it that turns the clause red, and of that on a busy machine."""
    valid = history_of(valid_run())
    return {clause: frozenset(_called(clause, [valid, *_red(clause)])) for clause in CHECKERS}


def relevant(tests: Iterable[str], module: str, definition: str, known: Reach) -> list[str]:
    """The tests that may notice a change of that definition, those of its clauses first.

    A test about a clause has the clause's id among its parameters; any other one may notice anything.
    """
    clauses = {clause for clause, called in known.items() if _concerns(called, module, definition)}
    tests = list(tests)
    about = {test: found[1] for test in tests if (found := _CLAUSE.search(test))}
    first = [test for test in tests if about.get(test) in clauses]
    return first + [test for test in tests if test not in about]


def _concerns(called: Iterable[str], module: str, definition: str) -> bool:
    """What is defined outside functions concerns whatever runs anything of the module."""
    if definition == "module":
        return any(name.startswith(f"{module}:") for name in called)
    return any(f"{module}:{definition}.".startswith(f"{name}.") for name in called)


def _red(clause: str) -> list[History]:
    if clause not in MUTATIONS:
        return []
    red = history_of(MUTATIONS[clause](valid_run()))
    return [red, replace(red, health=[_BUSY])]


def _called(clause: str, histories: Iterable[History]) -> Iterator[str]:
    for history in histories:
        case = Case(history, Contract(), Bounds(deliver_s=1.0, cleanup_s=2.0, stale_s=3.0, connect_s=0.0))
        for code, module in _run(partial(judge, clause, case)):
            yield f"{module}:{code.co_qualname.partition('.<locals>')[0]}"


def _run(act: Callable[[], object]) -> set[tuple[CodeType, str]]:
    """The Python functions of the checkers that run meanwhile, with their modules."""
    found: dict[CodeType, str] = {}

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code not in found:
            found[frame.f_code] = str(frame.f_globals.get("__name__"))

    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
    return {(code, name) for code, name in found.items() if name.startswith("conformance.checkers")}
