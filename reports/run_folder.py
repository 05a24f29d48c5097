"""The folder that a run leaves: made at its start, told apart from anything else when it is read.

`plan.json`, `history.*`, `stack.log`, `results.json`, `latency.hlog`, `junit.xml`,
`summary.md`, `report.html`; `harness-error.txt` where the harness failed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from .results import Results
from .whole_file import write_whole

PLAN = "plan.json"
RESULTS = "results.json"
STACK_LOG = "stack.log"
"""What the local stack printed, where the run had one of its own."""
HARNESS_ERROR = "harness-error.txt"
"""Where in the harness it failed."""


class RunFolderError(Exception):
    """The folder cannot be used as a run folder; the message is one sentence that says why."""


class CutShortError(RunFolderError):
    """The run ended before it was judged: there is a history, and no results.json."""


def create_run_folder(
    kind: Literal["conformance", "load"],
    path: Path | None = None,
    *,
    root: Path = Path("runs"),
    now: datetime | None = None,
) -> Path:
    """Make an empty run folder, with its parents: `path`, or `root/<UTC time>-<kind>`.

    An existing folder is taken if it is empty. Raises RunFolderError.
    """
    if path is None:
        return _create_named(root, f"{(now or datetime.now(UTC)):%Y%m%dT%H%M%SZ}-{kind}")
    try:
        path.mkdir(parents=True, exist_ok=True)
        occupied = any(path.iterdir())
    except FileExistsError as error:
        raise RunFolderError(f"{path} is a file, not a run folder") from error
    except OSError as error:
        raise RunFolderError(f"cannot make the run folder {path}: {error.strerror or error}") from error
    if occupied:
        raise RunFolderError(f"{path} is not empty; a run needs a folder of its own")
    return path


def write_plan(folder: Path, plan: Mapping[str, Any]) -> None:
    """Write `plan.json`; secrets must be out of it already. Raises RunFolderError."""
    try:
        write_whole(folder / PLAN, json.dumps(plan, indent=1) + "\n")
    except OSError as error:
        raise RunFolderError(f"cannot write {folder / PLAN}: {error.strerror or error}") from error


def read_plan(folder: Path) -> Mapping[str, Any]:
    """The content of `plan.json`; empty when the folder has none. Raises RunFolderError."""
    path = folder / PLAN
    if not path.exists():
        return {}
    plan = _read_json(path)
    if not isinstance(plan, dict):
        raise RunFolderError(f"{path} is not a churnproof plan: it holds no JSON object")
    return plan


def is_run_folder(folder: Path) -> bool:
    """Whether a run left something there that can be read, or that should be."""
    return (folder / RESULTS).exists() or any(folder.glob("history.*.jsonl"))


def read_results(folder: Path) -> Results:
    """The results in a run folder.

    Raises CutShortError where only the history was written, RunFolderError for anything else that
    is not a judged run of this version.
    """
    if not folder.is_dir():
        missing = "is a file, not a run folder" if folder.exists() else "does not exist"
        raise RunFolderError(f"{folder} {missing}")
    path = folder / RESULTS
    if not path.exists():
        if is_run_folder(folder):
            raise CutShortError(f"{folder} holds a history but no {RESULTS}: the run was cut short")
        raise RunFolderError(f"{folder} is no run folder: it holds neither {RESULTS} nor a history")
    return read_results_file(path)


def read_results_file(path: Path) -> Results:
    """The results in a file of whatever name. Raises RunFolderError."""
    text = _read_text(path)
    _parse_json(path, text)
    try:
        return Results.from_json(text)
    except ValueError as error:
        raise RunFolderError(f"{path}: {error}") from error


def _create_named(root: Path, name: str) -> Path:
    """Two runs that begin within a second get names of their own."""
    for number in range(1, 1000):
        path = root / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise RunFolderError(f"cannot make the run folder {path}: {error.strerror or error}") from error
        return path
    raise RunFolderError(f"cannot make a run folder {root / name}: 999 of that name exist")


def _read_json(path: Path) -> object:
    return _parse_json(path, _read_text(path))


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise RunFolderError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise RunFolderError(f"{path} was not written by churnproof: it is no UTF-8 text") from error


def _parse_json(path: Path, text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if text.lstrip().startswith("{") and _ends_early(text, error):
            raise RunFolderError(f"{path} is truncated: it ends in the middle of the document") from error
        raise RunFolderError(f"{path} was not written by churnproof: it is not JSON") from error
    except RecursionError as error:
        raise RunFolderError(f"{path} was not written by churnproof: it is nested too deeply") from error


def _ends_early(text: str, error: json.JSONDecodeError) -> bool:
    written = text.rstrip()
    return not written.endswith("}") or error.pos >= len(written)
