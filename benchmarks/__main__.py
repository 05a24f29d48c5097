"""python -m benchmarks: what a verified delivery costs, beside a C client and plain Locust, in one run.

The C server has one core, the client under measure another. Needs Linux, two cores and gcc.

With --judging it measures instead what judging runs of so many million deliveries takes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from reports.results import Exit

from .judging import measure_judging
from .measuring import BenchmarkError, Figures, idle, measure
from .server import build
from .subjects import CClient, Churnproof, PlainLocust, Subject
from .table import Accuracy, Row, accuracies, comparison, shared

_PERCENTILES = (50, 99)
_SHARES = (0.3, 0.8)
_BUSY = 0.5
_PROCESSES = 2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--connections", type=int, nargs="+", default=[1000], metavar="N")
    parser.add_argument("--deliveries-per-s", type=float, default=20_000.0, help="of clients that can")
    parser.add_argument("--seconds", type=float, default=5.0, help="of measuring, for each client")
    parser.add_argument(
        "--judging",
        type=int,
        nargs="+",
        metavar="MILLIONS",
        help="judge runs of so many million deliveries, 24 MB each on disk",
    )
    return parser.parse_args()


def _missing() -> str | None:
    """Why nothing can be measured here."""
    if sys.platform != "linux" or shutil.which("gcc") is None:
        return "the benchmark needs Linux and gcc, which builds its server and its measure"
    if len(os.sched_getaffinity(0)) < 2:
        return "the benchmark needs two cores: one for the server, one for the client"
    return None


def _run(options: argparse.Namespace, connections: int, server: Path, client: Path) -> None:
    c = CClient("C epoll client, verifies nothing", 1e6, client)
    kernel = Churnproof("churnproof, kernel times", 1e6)
    read = Churnproof("churnproof, times of reads", 1e6, ("--receive-times", "read"))
    plain = PlainLocust("plain Locust + websocket-client", 5000.0)
    figures: dict[str, Figures] = {}
    rows = []
    for subject in (c, read, kernel, plain):
        print(f"measuring {subject.name}", file=sys.stderr)
        rate = min(options.deliveries_per_s, subject.fits)
        found = measure(subject, server, connections, rate, options.seconds)
        figures[subject.name] = found
        rows.append(_row(subject, found, connections, server))
    print(f"{connections:,} connections\n{comparison(rows, rows[0], rows[-1])}")
    saturation = 1e6 / figures[kernel.name].cpu_us
    print(f"\n{kernel.name}: one core is full at {saturation:,.0f} deliveries/s")
    print(_shared(kernel, figures[kernel.name], server, connections, options))

    def accuracy(share: float) -> Accuracy:
        print(f"measuring {kernel.name} at {share:.0%} of that", file=sys.stderr)
        found = measure(kernel, server, connections, share * saturation, options.seconds)
        return _accuracy(kernel.name, share, found)

    print(accuracies([accuracy(share) for share in _SHARES]))


def _shared(
    subject: Churnproof, alone: Figures, server: Path, connections: int, options: argparse.Namespace
) -> str:
    """By CPU, since the server has the other core, and all processes share one.

    Each hears as many deliveries a second as one alone did: those that come together cost less.
    """
    print(f"measuring {subject.name}, {_PROCESSES} processes", file=sys.stderr)
    several = replace(subject, options=(*subject.options, "--processes", str(_PROCESSES)))
    found = measure(several, server, connections, _PROCESSES * options.deliveries_per_s, options.seconds)
    return shared(_PROCESSES, found.cpu_us, found.busiest_us, alone.cpu_us)


def _row(subject: Subject, found: Figures, connections: int, server: Path) -> Row:
    resting = idle(subject, server, connections)
    each = None
    if not isinstance(subject, CClient) and connections > 1:
        more = resting.resident_bytes - idle(subject, server, 1).resident_bytes
        each = more / (connections - 1)
    connect_cpu_us = resting.connect_cpu_s / connections * 1e6
    return Row(subject.name, found.cpu_us, found.connects_per_s, connect_cpu_us, each)


def _accuracy(name: str, share: float, found: Figures) -> Accuracy:
    assert found.told is not None, "ours tells"
    reported, true = (
        {f"p{p}": float(np.percentile(values, p, method="inverted_cdf")) / 1e6 for p in _PERCENTILES}
        for values in (found.told.latencies_ns, found.true_ns)
    )
    heard = len(found.told.latencies_ns) / len(found.true_ns)
    return Accuracy(name, f"{share:.0%}", reported, true, heard, found.told.own_times)


def _judging(millions: Sequence[int]) -> int:
    try:
        print(measure_judging(millions))
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return Exit.HARNESS_ERROR
    return Exit.OK


def main() -> int:
    options = _arguments()
    if options.judging is not None:
        return _judging(options.judging)
    if (missing := _missing()) is not None:
        print(missing, file=sys.stderr)
        return Exit.USAGE
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    if busy > _BUSY:
        print(
            f"others use this machine (load average {busy:.1f} a core): latencies will say so",
            file=sys.stderr,
        )
    with tempfile.TemporaryDirectory() as folder:
        server, client = build(Path(folder))
        try:
            for connections in options.connections:
                _run(options, connections, server, client)
        except BenchmarkError as error:
            print(f"benchmarks: {error}", file=sys.stderr)
            return Exit.HARNESS_ERROR
    return Exit.OK


if __name__ == "__main__":
    sys.exit(main())
