"""Writes what a run leaves for people and for CI into its folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .across import ALONE, Across
from .ctrf import render_ctrf
from .gates import GateRow
from .hdr_log import HDR_LOG, render_hdr_log
from .html import render_page
from .junit import render_junit
from .markdown import render_markdown
from .metrics import OwedPairs
from .redaction import environment_secrets, redact_all
from .results import FORMAT, Results
from .verdict import exit_of, worst_exit
from .whole_file import write_whole

PAGE = "report.html"
SUMMARY = "summary.md"
JUNIT = "junit.xml"
RESULTS = "results.json"
COMBINED = "report.json"
CTRF = "ctrf.json"

Runs = Sequence[tuple[str, Results, Sequence[GateRow]]]


@dataclass(frozen=True)
class Written:
    """What came of writing the artefacts."""

    paths: tuple[Path, ...]
    problems: tuple[str, ...]
    """A sentence for each file that could not be written; those files do not exist or are the old ones."""

    @property
    def page(self) -> Path | None:
        """The page, when it was written."""
        return next((path for path in self.paths if path.name == PAGE), None)


def write_artefacts(
    folder: Path,
    results: Results,
    pairs: OwedPairs,
    *,
    gates: Sequence[GateRow] = (),
    secrets: Sequence[str] = (),
) -> Written:
    """Write results.json, latency.hlog, junit.xml, summary.md and report.html of one run into its folder.

    `secrets`, the AWS credentials of this process's environment, and whatever has the shape of a
    credential are redacted in all of them. Each file is written whole or not at all, results.json
    first; one that cannot be written (a full disk) does not stop the others.
    """
    clean = redact_all(results, (*secrets, *environment_secrets(os.environ)))
    runs = [("", clean, redact_all(tuple(gates), secrets))]
    latencies = {HDR_LOG: lambda: render_hdr_log(clean, pairs)}
    return _write_all(folder, {RESULTS: clean.to_json, **latencies, **_renderers(runs)})


def write_report(folder: Path, runs: Runs, across: Across = ALONE) -> Written:
    """Write page, summary, JUnit, `ctrf.json` and `report.json` for runs given as (name, results, gates).

    Makes the folder. Redacts as `write_artefacts` does, since run folders may be older than a rule.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return Written((), (f"cannot make {folder}: {error.strerror or error}",))
    secrets = environment_secrets(os.environ)
    clean, together = redact_all(tuple(runs), secrets), redact_all(across, secrets)
    combined = {
        COMBINED: lambda: _combined(clean, together),
        CTRF: lambda: render_ctrf(clean, together.gates),
    }
    return _write_all(folder, {**combined, **_renderers(clean, together)})


def _combined(runs: Runs, across: Across) -> str:
    """Everything that the page shows, for machines."""
    verdicts = [
        {
            "name": name,
            "exit": exit_of(results, gates),
            "gates": [asdict(gate) for gate in gates],
            "results": json.loads(results.to_json()),
        }
        for name, results, gates in runs
    ]
    exits = (exit_of(results, gates) for _, results, gates in runs)
    worst = worst_exit([*exits, *(gate.exit for gate in across.gates)])
    return json.dumps({"format": FORMAT, "exit": worst, "runs": verdicts, **_together(across)}, indent=1)


def _together(across: Across) -> dict[str, object]:
    return {
        "comparisons": [{"judgement": c.judgement, **asdict(c)} for c in across.comparisons],
        "gates": [asdict(gate) for gate in across.gates],
        "trends": [asdict(trend) for trend in across.trends],
        "left_out": across.left_out,
    }


def _renderers(runs: Runs, across: Across = ALONE) -> dict[str, Callable[[], str]]:
    return {
        JUNIT: lambda: render_junit(runs, across.gates),
        SUMMARY: lambda: render_markdown(runs, across=across),
        PAGE: lambda: render_page(runs, across=across),
    }


def _write_all(folder: Path, renderers: Mapping[str, Callable[[], str]]) -> Written:
    paths: list[Path] = []
    problems: list[str] = []
    for name, render in renderers.items():
        path = folder / name
        try:
            write_whole(path, render())
        except OSError as error:
            problems.append(f"cannot write {path}: {error.strerror or error}")
        else:
            paths.append(path)
    return Written(tuple(paths), tuple(problems))
