"""`python -m reports RUN… [--baseline RUN…] [--gates FILE] [--out DIR]`: reports from run folders alone."""

from __future__ import annotations

import os
import shutil
import sys
import traceback
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from .across import Across
from .artefacts import Written, write_report
from .baseline import LEAST_RUNS, compare
from .baseline_gates import judge_against_baseline, judge_comparison
from .baseline_section import HEADLINES, sentence_of
from .command_line import CommandLine
from .cost import Assumptions, assumptions_with
from .gates import Gate, GateRow, GatesFileError, judge_gates, read_gates, unused_gates
from .priced_run import priced
from .prices import PricesFileError, read_prices
from .printable import printable
from .redaction import environment_secrets, redact, redact_all
from .results import Exit, Results
from .run_choice import LocatedRun, RunChoice, choose_runs
from .run_folder import RunFolderError, is_run_folder
from .terminal import Style, gate_lines, style_of, verdict_line
from .trend import trends_of
from .trend_section import trend_in_words
from .verdict import exit_of, worst_exit

Run = tuple[str, Results, tuple[GateRow, ...]]

_NEWEST_UNREAD = GateRow(
    "the newest run can be read", None, None, None, "undecided", "what is shown is an older one"
)


def main(arguments: Sequence[str] | None = None) -> Exit:
    """Read runs, judge gates, write the report, and return the worst exit code."""
    try:
        return _report(arguments)
    except Exception:  # noqa: BLE001 - whose own exit code would say that the target violates something
        traceback.print_exc()
        print("reports: the report could not be made; this is a fault of churnproof's", file=sys.stderr)
        return Exit.HARNESS_ERROR


def _report(arguments: Sequence[str] | None) -> Exit:
    options = _command_line().parse_args(arguments)
    try:
        gates = read_gates(options.gates) if options.gates is not None else ()
        prices, assumed = read_prices(options.prices), _assumptions(options.assume)
        chosen = choose_runs(options.runs)
        base = [run for _, run in choose_runs(options.baseline).all]
        out = _out(options.out, options.runs)
    except (GatesFileError, PricesFileError, RunFolderError, ValueError) as error:
        print(f"reports: {redact(str(error), environment_secrets(os.environ))}", file=sys.stderr)
        return Exit.USAGE
    shown = [(path, priced(run, path, prices, assumed)) for path, run in chosen.shown]
    runs = _judged(shown, gates)
    secrets = environment_secrets(os.environ)
    runs, across = redact_all(runs, secrets), redact_all(_across(chosen, base, gates), secrets)
    written = write_report(out, runs, across)
    _print(runs, across, written, style_of(sys.stdout, os.environ, width=shutil.get_terminal_size().columns))
    codes = [exit_of(results, rows) for _, results, rows in runs] + [gate.exit for gate in across.gates]
    return worst_exit([*codes, *([Exit.HARNESS_ERROR] if written.problems else [])])


def _command_line() -> CommandLine:
    parser = CommandLine(
        prog="python -m reports",
        description="Writes report.html, summary.md, junit.xml, ctrf.json and report.json from run folders, "
        "judges gates, and exits with the worst verdict (0 pass, 1 violation or missed gate, "
        "3 harness error, 4 usage error, 6 inconclusive).",
    )
    parser.add_argument(
        "runs",
        metavar="RUN",
        nargs="+",
        type=Path,
        help="a run folder, or a folder of run folders to draw a trend over",
    )
    parser.add_argument(
        "--baseline",
        metavar="RUN",
        nargs="+",
        type=Path,
        default=[],
        help=f"runs of an earlier state to compare with, {LEAST_RUNS} or more on each side; "
        "a regression exits 1 unless --gates limits the change itself",
    )
    parser.add_argument(
        "--gates", metavar="FILE", type=Path, help="TOML file of limits that the runs must keep"
    )
    parser.add_argument(
        "--prices",
        metavar="FILE",
        type=Path,
        help="TOML file of list prices to use instead of those of us-east-1",
    )
    parser.add_argument(
        "--assume",
        metavar="NAME=NUMBER",
        action="append",
        default=[],
        help=f"set what the bill assumes; names are {', '.join(f.name for f in fields(Assumptions))}",
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, help="folder to write to (default: the run's folder, or ./report)"
    )
    return parser


def _assumptions(settings: Sequence[str]) -> Assumptions:
    """Raises ValueError with a sentence."""
    pairs = [setting.partition("=") for setting in settings]
    try:
        return assumptions_with({name: float(value) for name, _, value in pairs})
    except ValueError as error:
        raise ValueError(
            f"--assume {' '.join(settings)}: {error}; write for example lambda_memory_mb=1024"
        ) from error


def _across(chosen: RunChoice, base: Sequence[Results], gates: Sequence[Gate]) -> Across:
    """What concerns all runs; gates that no run was there for are among it, so that none is dropped."""
    new = [run for _, run in chosen.all]
    named = zip(_names([path for path, _ in chosen.all]), new, strict=True)
    shown = [run for _, run in chosen.shown]
    comparisons = compare(new, base) if base else ()
    # Whoever limits a change says how much is too much; otherwise, whatever is certain is.
    limited = any(gate.against_baseline for gate in gates)
    against = judge_against_baseline(gates, new, base) if limited else map(judge_comparison, comparisons)
    return Across(
        comparisons=comparisons,
        gates=(*unused_gates(gates, shown), *against, *([_NEWEST_UNREAD] if chosen.newest_is_unread else [])),
        trends=() if base else trends_of(named),
        left_out=chosen.left_out,
    )


def _judged(shown: Sequence[LocatedRun], gates: Sequence[Gate]) -> list[Run]:
    names = _names([path for path, _ in shown])
    return [(name, run, judge_gates(gates, run)) for name, (_, run) in zip(names, shown, strict=True)]


def _names(paths: Sequence[Path]) -> list[str]:
    """Folder names, or whole paths where two folders share one."""
    names = [path.resolve().name for path in paths]
    return names if len(set(names)) == len(names) else [str(path) for path in paths]


def _out(out: Path | None, runs: Sequence[Path]) -> Path:
    """Where the report goes; a folder that was asked for is made. Raises RunFolderError."""
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunFolderError(f"--out: cannot make {out}: {error.strerror or error}") from error
        return out
    return runs[0] if len(runs) == 1 and is_run_folder(runs[0]) else Path("report")


def _print(runs: Sequence[Run], across: Across, written: Written, style: Style) -> None:
    for name, results, gates in runs:
        print(f"{style.plain(printable(name))}: {verdict_line(results, gates, style)}")
        for line in gate_lines(gates, style):
            print(line)
    for line in gate_lines(across.gates, style):
        print(line)
    for comparison in across.comparisons:
        headline = HEADLINES[comparison.judgement].upper()
        print(f"against the baseline: {style.plain(f'{headline}  {sentence_of(comparison)}')}")
    for sentence in (said for trend in across.trends for said in trend_in_words(trend)):
        print(f"trend: {style.plain(printable(sentence, 400))}")
    for sentence in across.left_out:
        print(f"reports: {style.plain(printable(sentence, 400))}", file=sys.stderr)
    for problem in written.problems:
        print(f"reports: {problem}", file=sys.stderr)
    if written.page is not None:
        print(f"report: {written.page}")


if __name__ == "__main__":
    sys.exit(main())
