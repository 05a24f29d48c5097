"""Translated templates, kept from one start to the next: SAM's translator takes most of a second to load."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

KEPT = 200
"""Translations; the oldest go."""


class TranslationCache:
    """JSON files in a folder, one a translation; a folder that cannot be used only costs time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, question: object, translate: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return what was kept for an equal question, or translate now; what `translate` raises passes."""
        text = json.dumps(question, default=repr)
        file = self._folder / f"{hashlib.sha256(text.encode()).hexdigest()}.json"
        with contextlib.suppress(OSError, ValueError):
            kept: dict[str, Any] = json.loads(file.read_bytes())
            return kept
        translated = translate()
        # Without a place, or with values that JSON has not, there is nothing to keep.
        with contextlib.suppress(OSError, TypeError):
            self._keep(file, json.dumps(translated))
        return translated

    def _keep(self, file: Path, text: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self._folder, suffix=".new")
        with os.fdopen(descriptor, "w") as half_written:
            half_written.write(text)
        Path(name).replace(file)
        by_age = sorted(self._folder.glob("*.json"), key=lambda kept: kept.stat().st_mtime, reverse=True)
        for old in by_age[KEPT:]:
            old.unlink(missing_ok=True)
