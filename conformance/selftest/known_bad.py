"""Ring (c): backends that are wrong in one way each, judged by the real command on the real local stack.

`python -m conformance.selftest` runs all of them and prints fault by clause; the tests run some.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reports.results import Outcome, Results
from reports.run_folder import read_results

HERE = Path(__file__).parent / "backends"
_ROOT = Path(__file__).parents[2]
_SCALE = ("--connections=6", "--churn-seconds=4")
_BOUNDS = HERE / "bounds.toml"
NO_RESULT = "no result"
"""Stands for the red clauses of a backend that could not be judged: what nobody expects."""
_TIMEOUT_S = 400.0


@dataclass(frozen=True)
class Backend:
    """One folder of `backends`; `clause` is None for a correct one."""

    folder: str
    fault: str
    title: str
    clause: str | None

    @property
    def needs_node(self) -> bool:
        """Whether it is written in JavaScript, so that judging it takes Node.js on this machine."""
        return (HERE / self.folder / "app.mjs").exists()

    def expects(self, clauses: Sequence[str]) -> bool:
        """Whether these, and no others, are the clauses that it has to turn red."""
        return list(clauses) == ([self.clause] if self.clause else [])

    @property
    def target(self) -> str:
        """What `--target` is given."""
        return "local" if self is REFERENCE else str(HERE / self.folder / "template.yaml")


REFERENCE = Backend("reference_app", "", "the reference", None)


def correct() -> list[Backend]:
    """The backends without a mistake, the reference first."""
    return [REFERENCE, *(backend for backend in backends() if backend.clause is None)]


def backends() -> list[Backend]:
    """All of `faults.toml`, the correct ones first."""
    catalogue = tomllib.loads((HERE / "faults.toml").read_text(encoding="utf-8"))
    correct = [Backend(folder, "", "no mistake", None) for folder in catalogue["correct"]]
    return correct + [Backend(**fields) for fields in catalogue["backend"]]


def unproven() -> Mapping[str, str]:
    """Clauses that no plausible backend turns red alone, and why."""
    catalogue = tomllib.loads((HERE / "faults.toml").read_text(encoding="utf-8"))
    return {entry["clause"]: entry["reason"] for entry in catalogue["no_backend"]}


def judged(backend: Backend, run_dir: Path, seed: int = 1) -> Results:
    """Judge the backend as a user would. Raises RuntimeError with the output when there is no result."""
    command = [sys.executable, "-m", "pytest", "conformance", "--target", backend.target]
    command += [*_SCALE, f"--seed={seed}"]
    own = HERE / backend.folder / "contract.toml"
    command += ["--contract", str(own if own.exists() else _BOUNDS)]
    try:
        done = subprocess.run(
            [*command, "--run-dir", str(run_dir), "-q", "-p", "no:cacheprovider"],
            cwd=_ROOT,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise RuntimeError(f"{backend.folder}: no result within {_TIMEOUT_S} s") from late
    if not (run_dir / "results.json").exists():
        raise RuntimeError(f"{backend.folder}: exit code {done.returncode}, no result\n{done.stdout[-4000:]}")
    return read_results(run_dir)


def red(results: Results) -> list[str]:
    """The clauses that the run found violated, SHOULDs among them."""
    return [c.id for c in results.clauses if c.outcome in (Outcome.FAIL, Outcome.NON_STRICT)]


def too_busy(results: Results) -> bool:
    """Whether the machine was too busy to tell a missed bound from one that had no chance."""
    return any("too busy" in clause.reason for clause in results.clauses)


def matrix(found: Iterable[tuple[Backend, list[str]]]) -> str:
    """Fault by clause as a table: what was expected to be red, and what was."""
    lines = [f"{'backend':<34} {'fault':<6} {'expected':<9} red"]
    for backend, clauses in found:
        expected = backend.clause or "none"
        mark = "" if backend.expects(clauses) else "   ← not as expected"
        lines.append(
            f"{backend.folder:<34} {backend.fault:<6} {expected:<9} {', '.join(clauses) or 'none'}{mark}"
        )
    return "\n".join(lines)
