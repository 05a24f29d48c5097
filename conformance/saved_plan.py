"""Reads the plan that a run has left, to perform it again."""

from __future__ import annotations

from pathlib import Path

from conformance.harness.errors import UsageError
from conformance.harness.plan import Plan
from reports.run_folder import PLAN


def saved_plan(path: Path) -> Plan:
    """The plan in that file, or in that run folder. Raises UsageError with a sentence."""
    file = path / PLAN if path.is_dir() else path
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        what = f"{path} holds no {PLAN}" if path.is_dir() else f"there is no file {path}"
        raise UsageError(f"--replay: {what}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--replay: cannot read {file}: {error}") from error
    try:
        return Plan.from_json(text)
    except ValueError as error:
        raise UsageError(
            f"--replay: {file}: {error}; give the {PLAN} or the folder of a conformance run"
        ) from error
