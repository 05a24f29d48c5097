"""`python -m conformance.selftest`: every known-bad backend against every clause.

With `--seeds N` or `--seeds FIRST-LAST`: the correct backends on these seeds, while all cores are busy.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from reports.results import Exit

from .fairness import Trial, busy_cores, fair, table, trials
from .known_bad import NO_RESULT, Backend, backends, correct, judged, matrix, red, too_busy


def main() -> int:
    """Judge all backends; 0 when each turned exactly its clause red, and the correct ones none."""
    parser = argparse.ArgumentParser(
        prog="python -m conformance.selftest", description=__doc__.splitlines()[0]
    )
    parser.add_argument("folders", nargs="*", metavar="BACKEND", help="only these (default: all)")
    parser.add_argument("--jobs", type=int, default=2, help="so many at a time (default 2)")
    parser.add_argument(
        "--seeds",
        type=_seeds,
        metavar="N",
        help="judge the correct backends on the seeds 1 to N, or FIRST-LAST, with all cores busy",
    )
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="DIR",
        help="keep the run folders there (default: no); with --seeds, those that are there are not run again",
    )
    options = parser.parse_args()
    if options.jobs < 1:
        parser.error(f"--jobs must be at least 1, not {options.jobs}")
    if options.seeds is not None and options.folders:
        parser.error("--seeds judges the correct backends, and takes no BACKEND beside it")
    if options.seeds is not None:
        return _fair(options.seeds, options.jobs, options.keep)
    can_run = [b for b in backends() if _can_run(b)]
    chosen = [b for b in can_run if not options.folders or b.folder in options.folders]
    unknown = set(options.folders) - {backend.folder for backend in chosen}
    if unknown:
        parser.error(f"no such backend: {', '.join(sorted(unknown))}")
    with _scratch(options.keep) as scratch:
        found = _judged(chosen, scratch, options.jobs)
    print(matrix(found))
    wrong = [backend.folder for backend, clauses in found if not backend.expects(clauses)]
    print(f"\n{len(found) - len(wrong)} of {len(found)} as expected")
    return Exit.VIOLATION if wrong else Exit.OK


@contextmanager
def _scratch(keep: Path | None) -> Iterator[Path]:
    """Where run folders go: to `keep`, or away afterwards."""
    if keep is not None:
        yield keep
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _judged(chosen: Sequence[Backend], scratch: Path, jobs: int) -> list[tuple[Backend, list[str]]]:
    """The red clauses of each; one that the busy machine excused is judged once more, by itself."""
    count = itertools.count(1)

    def judge(backend: Backend, attempt: str = "") -> tuple[list[str], bool]:
        try:
            results = judged(backend, scratch / (backend.folder + attempt))
        except RuntimeError as error:  # the others are judged all the same
            print(error, file=sys.stderr, flush=True)
            return [NO_RESULT], False
        clauses = red(results)
        again = not backend.expects(clauses) and too_busy(results)
        number = f"{next(count)} of {len(chosen)}" if not attempt else "again"
        found = ", ".join(clauses) or "none"
        busy = "; the machine was too busy" if again else ""
        print(f"{number}, {backend.folder}: {found}{busy}", file=sys.stderr, flush=True)
        return clauses, again

    with ThreadPoolExecutor(jobs) as pool:
        first = list(pool.map(judge, chosen))
    return [
        (backend, judge(backend, "-again")[0] if again else clauses)
        for backend, (clauses, again) in zip(chosen, first, strict=True)
    ]


def _seeds(text: str) -> range:
    """`50`: the seeds 1 to 50; `11-20`: those."""
    numbers = re.fullmatch(r"(?:(\d+)-)?(\d+)", text)
    first, last = (int(numbers[1] or 1), int(numbers[2])) if numbers else (0, 0)
    if not 1 <= first <= last:
        raise argparse.ArgumentTypeError(f"a number above 0 or FIRST-LAST, not {text!r}")
    return range(first, last + 1)


def _fair(seeds: range, jobs: int, keep: Path | None) -> int:
    """0 when none of the correct backends was ever red, and each passed at least once."""
    found: list[Trial] = []
    # One more than there are cores wants to run at any time: so many judgings, and what burns the rest.
    burners = max(0, (os.cpu_count() or 1) + 1 - jobs)
    with _scratch(keep) as scratch, busy_cores(burners):
        for trial in trials([b for b in correct() if _can_run(b)], seeds, scratch, jobs):
            found.append(trial)
            said = " ".join([trial.verdict, *trial.red, trial.failure])
            print(f"{trial.backend.folder}, seed {trial.seed}: {said}", file=sys.stderr, flush=True)
    print(table(found))
    return fair(found)


def _can_run(backend: Backend) -> bool:
    return not backend.needs_node or shutil.which("node") is not None


if __name__ == "__main__":
    sys.exit(main())
