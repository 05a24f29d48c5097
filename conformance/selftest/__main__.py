"""`python -m conformance.selftest`: every known-bad backend against every clause.

With `--seeds N`: the correct backends on N seeds, while all cores are busy.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from reports.results import Exit

from .fairness import Trial, busy_cores, fair, table, trials
from .known_bad import Backend, backends, correct, judged, matrix, red


def main() -> int:
    """Judge all backends; 0 when each turned exactly its clause red, and the correct ones none."""
    parser = argparse.ArgumentParser(
        prog="python -m conformance.selftest", description=__doc__.splitlines()[0]
    )
    parser.add_argument("folders", nargs="*", metavar="BACKEND", help="only these (default: all)")
    parser.add_argument("--jobs", type=int, default=2, help="so many at a time (default 2)")
    parser.add_argument(
        "--seeds", type=int, metavar="N", help="judge the correct backends on N seeds, with all cores busy"
    )
    options = parser.parse_args()
    if options.seeds is not None and (options.seeds < 1 or options.folders):
        parser.error("--seeds takes a number above 0, and no BACKEND beside it")
    if options.seeds is not None:
        return _fair(options.seeds)
    can_run = [b for b in backends() if _can_run(b)]
    chosen = [b for b in can_run if not options.folders or b.folder in options.folders]
    unknown = set(options.folders) - {backend.folder for backend in chosen}
    if unknown:
        parser.error(f"no such backend: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(options.jobs) as pool:
        found = list(pool.map(lambda backend: _one(backend, Path(scratch) / backend.folder), chosen))
    print(matrix(found))
    wrong = [b.folder for b, clauses in found if clauses != ([b.clause] if b.clause else [])]
    print(f"\n{len(found) - len(wrong)} of {len(found)} as expected")
    return Exit.VIOLATION if wrong else Exit.OK


def _fair(seeds: int) -> int:
    """0 when none of the correct backends was ever red, and each passed at least once."""
    found: list[Trial] = []
    with tempfile.TemporaryDirectory() as scratch, busy_cores():
        for trial in trials([b for b in correct() if _can_run(b)], seeds, Path(scratch)):
            found.append(trial)
            said = f"{trial.backend.folder}, seed {trial.seed}: {trial.verdict} {' '.join(trial.red)}"
            print(said, file=sys.stderr, flush=True)
    print(table(found))
    return fair(found)


def _can_run(backend: Backend) -> bool:
    return not backend.needs_node or shutil.which("node") is not None


def _one(backend: Backend, run_dir: Path) -> tuple[Backend, list[str]]:
    clauses = red(judged(backend, run_dir))
    print(f"{backend.folder}: {', '.join(clauses) or 'none'}", file=sys.stderr, flush=True)
    return backend, clauses


if __name__ == "__main__":
    sys.exit(main())
