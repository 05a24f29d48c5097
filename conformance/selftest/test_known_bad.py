"""Ring (c), short form: each fault turns its own clause red by that clause's assertion, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.results import Outcome

from .known_bad import Backend, backends, judged, red

_SHORT = [backend for backend in backends() if backend.short]
_FAULTY = [backend for backend in _SHORT if backend.clause]
_CORRECT = [backend for backend in _SHORT if not backend.clause]


@pytest.mark.parametrize("backend", _FAULTY, ids=lambda backend: backend.folder)
@pytest.mark.timeout(500)
def test_the_fault_turns_its_clause_red_and_no_other(backend: Backend, tmp_path: Path) -> None:
    results = judged(backend, tmp_path / "run")
    assert red(results) == [backend.clause], [c for c in results.clauses if c.id in red(results)]


@pytest.mark.parametrize("backend", _CORRECT, ids=lambda backend: backend.folder)
@pytest.mark.timeout(500)
def test_a_correct_backend_stays_green(backend: Backend, tmp_path: Path) -> None:
    results = judged(backend, tmp_path / "run")
    judged_otherwise = [c for c in results.clauses if c.outcome not in (Outcome.PASS, Outcome.INFO)]
    assert judged_otherwise == []
    assert results.verdict == "pass"


def test_the_short_form_has_twelve_faults() -> None:
    assert len(_FAULTY) >= 12
