"""The trace in the run folder: NDJSON beside the history, appended as it comes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .append_only import AppendOnly
from .redaction import encodings, redact_named
from .trace import Trace, TraceError, trace_of

NAME = "trace.jsonl"


class TraceWriter:
    """Keeps lines of the trace as they came; secrets are replaced in every text.

    Raises HistoryWriteError (a full disk).
    """

    def __init__(self, folder: Path, secrets: Sequence[str] = ()) -> None:
        self._file = AppendOnly(folder / NAME)
        self._secrets = tuple(secrets)
        self._shapes = tuple(form.encode() for form in encodings(self._secrets))

    def append(self, line: bytes) -> None:
        """Take one line, its end included."""
        # Hardly any line holds a secret, and a busy backend makes thousands a second.
        if any(shape in line for shape in self._shapes):
            line = self._redacted(line)
        self._file.append(line)

    def close(self) -> None:
        self._file.close()

    def _redacted(self, line: bytes) -> bytes:
        clean = {
            name: redact_named(value, self._secrets) if isinstance(value, str) else value
            for name, value in json.loads(line).items()
        }
        return json.dumps(clean, separators=(",", ":")).encode() + b"\n"


def read_trace(folder: Path) -> Trace:
    """The trace of a run; empty where it has none. A line cut off at the end is left out.

    Raises TraceError.
    """
    path = folder / NAME
    if not path.exists():
        return Trace()
    try:
        return trace_of(_documents(path))
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror or error}") from error


def _documents(path: Path) -> Iterator[dict[str, Any]]:
    whole_lines, _, _ = path.read_bytes().rpartition(b"\n")
    for number, text in enumerate(whole_lines.split(b"\n"), start=1):
        if not text:
            continue
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise TraceError(f"{path}:{number}: no line of a trace: {text[:80]!r}") from error
        if not isinstance(document, dict):
            raise TraceError(f"{path}:{number}: no line of a trace: {text[:80]!r}")
        yield document
