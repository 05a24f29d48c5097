"""What is mutated, and by which tests a mutant must be noticed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
_SELFTEST = "conformance/selftest"
_STORIES = (
    "test_mutations",
    "test_busy_machine",
    "test_churning",
    "test_connecting",
    "test_leaking",
    "test_limits",
    "test_broadcasting",
    "test_judged_rows",
    "test_stale",
    "test_posting",
    "test_lifetime",
    "test_cleaning_up",
    "test_unposted",
    "test_backend_steps",
    "test_evidence",
    "test_routing",
    "test_leaving",
    "test_case",
)
"""The tests that judge stories: pure, and together in seconds."""


@dataclass(frozen=True)
class Subject:
    """One module that is mutated; of a package, what stands in its `__init__`."""

    name: str
    """As the user calls it: `oracle`, or the checkers' module."""
    module: str
    tests: tuple[str, ...]
    """Files, as pytest is given them."""
    by_clause: bool = False
    """Whether tests that carry a clause's id in theirs concern the functions of its checker only."""

    @property
    def file(self) -> Path:
        place = ROOT / self.module.replace(".", "/")
        return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")

    @property
    def source(self) -> str:
        return self.file.read_text(encoding="utf-8")


_ORACLE_TESTS = (f"{_SELFTEST}/test_oracle.py", f"{_SELFTEST}/test_clock_doubt.py")
ORACLE = Subject("oracle", "conformance.harness.oracle", _ORACLE_TESTS)
RECEIVED = Subject("received", "conformance.harness.received", _ORACLE_TESTS)


def checkers() -> list[Subject]:
    """The judge's modules, all that there are; the package itself is `judge`."""
    tests = tuple(f"{_SELFTEST}/{name}.py" for name in _STORIES)
    package = "conformance.checkers"
    names = sorted(file.stem for file in (ROOT / "conformance/checkers").glob("[a-z]*.py"))
    modules = {"judge": package, **{name: f"{package}.{name}" for name in names}}
    return [Subject(name, module, tests, by_clause=True) for name, module in modules.items()]


def subjects(only: Sequence[str] | None = None) -> list[Subject]:
    """All of them, or those of these names; `checkers` names all modules of the judge.

    Raises ValueError with the names that there are.
    """
    every = {subject.name: [subject] for subject in [ORACLE, RECEIVED, *checkers()]}
    known = {"checkers": checkers(), **every}
    if strangers := [name for name in only or () if name not in known]:
        raise ValueError(f"--only takes any of {', '.join(known)}, not {strangers[0]}")
    return [subject for name in (only or every) for subject in known[name]]
