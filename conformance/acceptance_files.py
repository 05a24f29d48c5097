"""Reads what the user accepts: a waiver file, and the results of an earlier run."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from conformance.harness.errors import UsageError
from conformance.harness.target_file import near
from reports.results import Results
from reports.run_folder import RunFolderError, read_results, read_results_file

from .accepted import Waiver

_KEYS = ("clause", "reason", "owner", "expires")


def read_waivers(path: Path, clause_ids: Collection[str], today: date) -> Mapping[str, Waiver]:
    """The waivers of a file of `[[waiver]]` tables with clause, reason, owner and expires.

    Raises UsageError, naming the waiver, for one that is incomplete, unknown, doubled or expired.
    """
    found: dict[str, Waiver] = {}
    for number, table in enumerate(_tables(path), start=1):
        where = f"{path}: waiver {number}"
        waiver = _waiver(table, where)
        if waiver.clause not in clause_ids:
            raise UsageError(
                f"{where}: there is no clause {waiver.clause!r}{near(waiver.clause, clause_ids)}"
            )
        if waiver.clause in found:
            raise UsageError(f"{where}: {waiver.clause} is waived twice")
        if waiver.expires < today:
            raise UsageError(
                f"{where}: {waiver.clause} was {waiver}; that day is over: mend the backend, or have "
                "the waiver renewed by its owner"
            )
        found[waiver.clause] = waiver
    return found


def read_baseline(path: Path) -> Results:
    """The results of an earlier conformance run: its folder, or its results.json. Raises UsageError."""
    try:
        results = read_results(path) if path.is_dir() else read_results_file(path)
    except RunFolderError as error:
        raise UsageError(f"--baseline: {error}") from error
    if results.kind != "conformance":
        raise UsageError(f"--baseline: {path} is of a {results.kind} run; a conformance run is needed")
    if not results.clauses:
        raise UsageError(f"--baseline: {path} judged no clause")
    return results


def _tables(path: Path) -> Iterator[dict[str, Any]]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read the waivers {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"the waivers {path} are not TOML: {error}") from error
    tables = data.pop("waiver", [])
    if data or not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"{path}: a waiver file holds [[waiver]] tables and nothing else")
    yield from tables


def _waiver(table: Mapping[str, Any], where: str) -> Waiver:
    for key in table:
        if key not in _KEYS:
            raise UsageError(f"{where}: no such key: {key}{near(key, _KEYS)}; accepted: {', '.join(_KEYS)}")
    for key in _KEYS[:3]:
        if not isinstance(table.get(key), str) or not table[key].strip():
            raise UsageError(f"{where}: {key} is missing or empty; a waiver needs {', '.join(_KEYS)}")
    expires = table.get("expires")
    if not isinstance(expires, date) or isinstance(expires, datetime):
        raise UsageError(f"{where}: expires must be a date, written as in expires = 2027-01-31")
    return Waiver(table["clause"], table["reason"], table["owner"], expires)
