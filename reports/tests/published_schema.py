"""Holds what runs leave against the schema that is published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

PUBLISHED = Path(__file__).parents[2] / "docs" / "results.schema.json"
SCHEMA: dict[str, Any] = json.loads(PUBLISHED.read_text(encoding="utf-8"))


def check(document: object) -> None:
    """Raises jsonschema's ValidationError."""
    Draft202012Validator(SCHEMA).validate(document)


def check_run(folder: Path) -> None:
    """Check the results of a run, where it came to any."""
    if (folder / "results.json").exists():
        check(json.loads((folder / "results.json").read_text(encoding="utf-8")))
