"""Fairness: correct backends stay green on many seeds, while every core of the machine is busy."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reports.results import Exit, Results, Verdict
from reports.run_folder import RESULTS, read_results

from .known_bad import NO_RESULT, Backend, judged, red

# Busy until its parent ends, however that one ends.
_BURN = "import os\np = os.getppid()\nwhile os.getppid() == p: sum(range(100_000))"


@dataclass(frozen=True)
class Trial:
    """One run against a correct backend."""

    backend: Backend
    seed: int
    verdict: Verdict
    red: tuple[str, ...]
    """Clauses that were found violated: on a correct backend that is our mistake."""
    failure: str = ""
    """Why there is no result."""


@contextmanager
def busy_cores(count: int | None = None) -> Iterator[None]:
    """Keeps so many cores busy, all by default, for as long as the `with` block lasts."""
    cores = os.cpu_count() or 1 if count is None else count
    burners = [subprocess.Popen([sys.executable, "-c", _BURN]) for _ in range(cores)]
    try:
        yield
    finally:
        for burner in burners:
            burner.terminate()
        for burner in burners:
            burner.wait()


def trials(
    correct: Sequence[Backend],
    seeds: Iterable[int],
    folder: Path,
    jobs: int = 1,
    judge: Callable[[Backend, Path, int], Results] = judged,
) -> Iterator[Trial]:
    """Judge every backend on every seed, so many runs at a time.

    A run that is in the folder already is not done again: what was interrupted goes on.
    """

    def trial(asked: tuple[int, Backend]) -> Trial:
        seed, backend = asked
        run = folder / f"{backend.folder}-{seed}"
        done = (run / RESULTS).exists()
        if not done:
            shutil.rmtree(run, ignore_errors=True)  # of a run that was cut off
        try:
            results = read_results(run) if done else judge(backend, run, seed)
        except RuntimeError as error:  # the others are judged all the same
            return Trial(backend, seed, "error", (NO_RESULT,), str(error))
        return Trial(backend, seed, results.verdict, tuple(red(results)))

    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(trial, itertools.product(seeds, correct))


def table(found: Iterable[Trial]) -> str:
    """Backend by verdict; what was red, with its seeds."""
    rows = [f"{'backend':<20} {'runs':>5} {'passed':>7} {'inconclusive':>13} {'red':>4}  clauses (seeds)"]
    for name, mine in _by_backend(found).items():
        passed = sum(trial.verdict == "pass" for trial in mine)
        wrong = [trial for trial in mine if trial.red]
        clauses = ", ".join(f"{' '.join(trial.red)} ({trial.seed})" for trial in wrong) or "none"
        other = len(mine) - passed - sum(trial.verdict != "pass" for trial in wrong)
        rows.append(f"{name:<20} {len(mine):>5} {passed:>7} {other:>13} {len(wrong):>4}  {clauses}")
    return "\n".join(rows)


def fair(found: Iterable[Trial]) -> Exit:
    """A correct backend that is red is a violation of ours; one that never passed has proven nothing."""
    by_backend = _by_backend(found)
    if any(trial.red for mine in by_backend.values() for trial in mine):
        return Exit.VIOLATION
    proven = [any(trial.verdict == "pass" for trial in mine) for mine in by_backend.values()]
    return Exit.OK if proven and all(proven) else Exit.INCONCLUSIVE


def _by_backend(found: Iterable[Trial]) -> Mapping[str, list[Trial]]:
    by_backend: dict[str, list[Trial]] = {}
    for trial in found:
        by_backend.setdefault(trial.backend.folder, []).append(trial)
    return by_backend
