"""Writes a file whole or not at all."""

from __future__ import annotations

from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Put `text` at `path`, through a file beside it, so that no reader ever sees half of it.

    Lone surrogates, which a test payload may hold and UTF-8 cannot, become `?`. Raises OSError, and
    leaves what was at `path` as it was.
    """
    new = path.with_name(f"{path.name}.new")
    try:
        new.write_text(text, encoding="utf-8", errors="replace")
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
