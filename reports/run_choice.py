"""Which runs a command line means: run folders, or folders that hold them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .cut_short import read_cut_short
from .results import Results, epoch_ms
from .run_folder import RESULTS, CutShortError, RunFolderError, is_run_folder, read_results

LocatedRun = tuple[Path, Results]


@dataclass(frozen=True)
class RunChoice:
    """What was found at the paths that were given."""

    shown: tuple[LocatedRun, ...]
    """Those given one by one, and of a folder that holds runs the newest of each kind."""
    all: tuple[LocatedRun, ...]
    """With those that are shown as points of a trend only."""
    left_out: tuple[str, ...] = ()
    """A sentence for each run in such a folder that could not be read."""
    newest_is_unread: bool = False
    """Whether one of those was written after all that could be read: then an older one is shown instead."""


def choose_runs(paths: Iterable[Path]) -> RunChoice:
    """The runs at `paths`. Raises RunFolderError for a path at which there is none that can be read."""
    shown: list[LocatedRun] = []
    found: list[LocatedRun] = []
    left_out: list[str] = []
    newest_is_unread = False
    for path in paths:
        folders = [] if is_run_folder(path) else _run_folders_in(path)
        if not folders:
            run = (path, read_run(path))
            shown.append(run)
            found.append(run)
            continue
        inside, unread = _read_all(folders)
        if not inside:
            sentence = next(iter(unread.values()))
            raise RunFolderError(f"none of the {len(folders)} runs in {path} can be read: {sentence}")
        shown += _newest_of_each_kind(inside)
        found += inside
        left_out += unread.values()
        newest_is_unread |= any(_is_newer(folder, inside) for folder in unread)
    return RunChoice(tuple(shown), tuple(found), tuple(left_out), newest_is_unread)


def read_run(folder: Path) -> Results:
    """The results of a run, or what its history shows where it was cut short. Raises RunFolderError."""
    try:
        return read_results(folder)
    except CutShortError:
        return read_cut_short(folder)


def _run_folders_in(path: Path) -> list[Path]:
    return sorted(folder for folder in path.iterdir() if is_run_folder(folder)) if path.is_dir() else []


def _read_all(folders: Iterable[Path]) -> tuple[list[LocatedRun], dict[Path, str]]:
    """The runs, and a sentence for each folder that cannot be read."""
    runs: list[LocatedRun] = []
    unread: dict[Path, str] = {}
    for folder in folders:
        try:
            runs.append((folder, read_run(folder)))
        except RunFolderError as error:
            unread[folder] = f"Left out: {error}."
    return runs, unread


def _is_newer(unread: Path, runs: Iterable[LocatedRun]) -> bool:
    """Than all of the runs: by its start, or where that cannot be read either, by when it was written."""
    try:
        started = json.loads((unread / RESULTS).read_bytes())["started"]
        begun_ms = epoch_ms(str(started))
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return all(_written_ns(unread) >= _written_ns(folder) for folder, _ in runs)
    return all(begun_ms >= results.started_ms for _, results in runs)


def _written_ns(folder: Path) -> int:
    return max((path.stat().st_mtime_ns for path in folder.iterdir()), default=0)


def _newest_of_each_kind(runs: Iterable[LocatedRun]) -> list[LocatedRun]:
    newest: dict[str, LocatedRun] = {}
    for run in sorted(runs, key=lambda run: run[1].started_ms):
        newest[run[1].kind] = run
    return list(newest.values())
