"""Ring (c), short form: each fault turns its own clause red by that clause's assertion, and no other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .known_bad import Backend, backends, judged, red, too_busy

_SHORT = (
    "deletes_sender_on_gone",
    "deletes_while_connecting",
    "disconnect_wrong_key",
    "json_encoded_twice",
    "scan_first_page_only",
    "starts_over_after_failure",
    "unknown_action_broadcasts",
)
"""One a workload; `make selftest` takes all, which is too long for every test run."""

_FAULTY = [backend for backend in backends() if backend.folder in _SHORT]
_CORRECT = [backend for backend in backends() if not backend.clause]


@pytest.mark.parametrize("backend", _FAULTY, ids=lambda backend: backend.folder)
@pytest.mark.timeout(500)
def test_the_fault_turns_its_clause_red_and_no_other(backend: Backend, tmp_path: Path) -> None:
    results = judged(backend, tmp_path / "run")
    if not backend.expects(red(results)) and too_busy(results):
        pytest.skip("the machine was too busy to judge bounds")
    assert backend.expects(red(results)), [c for c in results.clauses if c.id in red(results)]


@pytest.mark.parametrize("backend", _CORRECT, ids=lambda backend: backend.folder)
@pytest.mark.timeout(500)
def test_a_correct_backend_stays_green(backend: Backend, tmp_path: Path) -> None:
    if backend.needs_node and shutil.which("node") is None:
        pytest.skip("there is no node here")
    results = judged(backend, tmp_path / "run")
    assert red(results) == [], [c for c in results.clauses if c.id in red(results)]
    if results.verdict == "inconclusive":
        pytest.skip(f"this machine gave too little evidence: {results.reason}")
    assert results.verdict == "pass"


def test_the_short_form_is_part_of_the_catalogue() -> None:
    assert len(_FAULTY) == len(_SHORT)
