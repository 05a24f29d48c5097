"""`python -m conformance.selftest.mutation`: every mutant of the oracle and the checkers against their tests.

Fails when a mutant survives without a reason in `survivors.toml`, and when a reason has no survivor.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.pool import Pool
from pathlib import Path

from reports.results import Exit

from .mutants import Mutant, mutants
from .reach import Reach, reach_of_clauses, relevant
from .subjects import Subject, subjects
from .trying import passes, passing

_REASONS = Path(__file__).parent / "survivors.toml"


@dataclass(frozen=True)
class _Trial:
    mutant: Mutant
    tests: Sequence[str]


def main() -> int:
    """0 when every survivor has its reason; a line for each that has none, or has one without need."""
    parser = argparse.ArgumentParser(prog="python -m conformance.selftest.mutation", description=__doc__)
    parser.add_argument("--jobs", type=int, default=2, help="so many at a time (default 2)")
    parser.add_argument(
        "--only", metavar="NAME", nargs="+", help="oracle, checkers, or modules of the checkers"
    )
    options = parser.parse_args()
    try:
        chosen = subjects(options.only)
    except ValueError as error:
        print(error, file=sys.stderr)
        return Exit.USAGE
    reasons = tomllib.loads(_REASONS.read_text(encoding="utf-8"))
    clauses = reach_of_clauses() if any(subject.by_clause for subject in chosen) else {}
    tests = {files: _passing(files, chosen) for files in {subject.tests for subject in chosen}}
    return max(
        _tried(subject, clauses, tests[subject.tests], reasons.get(subject.name, {}), options.jobs)
        for subject in chosen
    )


def _passing(files: Sequence[str], chosen: Sequence[Subject]) -> Reach:
    # Whatever the tests need is imported once, here, and forked; each process loads the project's anew.
    for file in files:
        importlib.import_module(file.removesuffix(".py").replace("/", "."))
    first = next(subject for subject in chosen if subject.tests == files)
    with _processes(1) as pool:
        tests: Reach = pool.apply(passing, (first,))
    return tests


def _tried(subject: Subject, clauses: Reach, tests: Reach, reasons: Mapping[str, str], jobs: int) -> int:
    if not tests:
        print(f"{subject.name}: its tests fail without any change; nothing can be said of mutants")
        return Exit.HARNESS_ERROR
    trials = [_trial(subject, mutant, clauses, tests) for mutant in mutants(subject.source)]
    survivors: list[str] = []
    with _processes(jobs) as pool:
        for number, lives in enumerate(pool.imap(partial(_lives, subject), trials)):
            print(f"{subject.name}: {number + 1} of {len(trials)}", end="\r", file=sys.stderr, flush=True)
            survivors += [trials[number].mutant.name] if lives else []
    return _told(subject.name, len(trials), survivors, reasons)


def _processes(jobs: int) -> Pool:
    """A process of its own for each call: modules are loaded anew, and the parent's stay as they are."""
    return multiprocessing.get_context("fork").Pool(jobs, maxtasksperchild=1)


def _trial(subject: Subject, mutant: Mutant, clauses: Reach, tests: Reach) -> _Trial:
    known = clauses if subject.by_clause else {}
    return _Trial(mutant, relevant(subject.module, mutant.definition, known, tests))


def _lives(subject: Subject, trial: _Trial) -> bool:
    return passes(subject, trial.mutant.source, trial.tests)


def _told(name: str, tried: int, survivors: Sequence[str], reasons: Mapping[str, str]) -> int:
    for survivor in survivors:
        reason = f"survives, {reasons[survivor]}" if survivor in reasons else "SURVIVES"
        print(f"{reason}:\n  {survivor}")
    needless = [mutant for mutant in reasons if mutant not in survivors]
    for mutant in needless:
        print(f"DOES NOT SURVIVE, but has a reason in {_REASONS.name}:\n  {mutant}")
    unexplained = [survivor for survivor in survivors if survivor not in reasons]
    killed = tried - len(survivors)
    print(f"{name}: {killed} of {tried} mutants killed, {len(unexplained)} survive unexplained", flush=True)
    if not tried:
        return Exit.INCONCLUSIVE
    return Exit.VIOLATION if unexplained or needless else Exit.OK


if __name__ == "__main__":
    sys.exit(main())
