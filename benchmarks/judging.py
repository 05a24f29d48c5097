"""What it takes to judge a run of many deliveries, from its folder to its results."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from conformance.checkers.case import Case
from conformance.harness.contract import Bounds, Contract
from conformance.run_results import results_of
from loadtests._load_clauses import judged_clauses
from loadtests._whole_history import read_whole
from reports import metrics
from reports.results import Delivery, Results

from .measuring import BenchmarkError
from .synthetic_run import BOUND_S, write_run
from .table import Judged, judging


def measure_judging(millions: Sequence[int]) -> str:
    """Judge a run of so many million deliveries each, one after the other, and tell all as a table.

    Raises BenchmarkError where the judge has not found exactly what was planted.
    """
    return judging([_measured(count * 1_000_000) for count in millions])


def judged_run(folder: Path) -> Results:
    """All that a load test does with its record: each clause is judged, and the figures are drawn."""
    history = read_whole(folder)
    case = Case(history, Contract(), Bounds(deliver_s=BOUND_S))
    clauses = judged_clauses(case, churn=True, generator=metrics.generator(history.health))
    return results_of("load", case, clauses, target={}, seed=1, command="")


def _measured(deliveries: int) -> Judged:
    with tempfile.TemporaryDirectory() as name:
        sys.stderr.write(f"writing a run of {deliveries:,} deliveries\n")
        planted = write_run(Path(name), deliveries)
        sys.stderr.write("judging it\n")
        found = _in_a_process(Path(name))
    if found.delivery != planted:
        raise BenchmarkError(f"planted {planted}, and found {found.delivery}")
    return Judged(planted.delivered, found.cpu_s, found.peak_bytes)


@dataclass(frozen=True)
class _Found:
    delivery: Delivery
    cpu_s: float
    peak_bytes: int


def _in_a_process(folder: Path) -> _Found:
    """Judge it in a process of its own, whose whole use of CPU and memory is counted, imports included."""
    command = [sys.executable, "-m", "benchmarks.judging", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None, "it is piped"
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise BenchmarkError(f"judging ended with {process.returncode}")
    counts = dict(zip(asdict(Delivery()), map(int, said.split()), strict=True))
    return _Found(Delivery(**counts), usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


if __name__ == "__main__":
    counts = asdict(judged_run(Path(sys.argv[1])).delivery).values()
    sys.stdout.write(" ".join(map(str, counts)))
