"""Appends a process's history to its two files."""

from __future__ import annotations

import json
import struct
import threading
import time
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path

from .append_only import AppendOnly, HistoryWriteError
from .history import EVENT_TYPES, EXACT, FORMAT, Deliveries, Event, Footer, Header
from .redaction import redact_named

__all__ = ["HistoryWriteError", "HistoryWriter", "clock_name"]

_RECORD = struct.Struct("<qQII")
_FLUSH_BYTES = 1 << 18
_NAMES = {
    kind: tuple(field.name for field in fields(kind)) for kind in (*EVENT_TYPES.values(), Header, Footer)
}
_ENCODER = json.JSONEncoder(separators=(",", ":"))


class HistoryWriter:
    """Records events and deliveries of one process; safe to call from several threads.

    Both are buffered: `flush` writes them, and so does every quarter of a megabyte. Call `close`
    at the end, whatever happened: a history that was not closed reads as cut short. Raises
    HistoryWriteError (a full disk), once; what is recorded after it is dropped.

    `secrets` are replaced in every text of an event.
    """

    def __init__(self, folder: Path, *, process: int = 0, secrets: Sequence[str] = ()) -> None:
        self.process = process
        self._secrets = tuple(secrets)
        self._lock = threading.Lock()
        self._events = bytearray()
        self._deliveries = bytearray()
        self._broken = False
        self._closed = False
        self._event_file = AppendOnly(folder / f"history.{process}.jsonl")
        self._delivery_file = AppendOnly(folder / f"history.{process}.deliveries")
        header = Header(
            FORMAT, process, clock_name(), time.monotonic_ns(), datetime.now().astimezone().isoformat()
        )
        self._events += _line("Header", header)
        self.flush()

    def write(self, event: Event) -> None:
        """Record one event."""
        line = _line(type(event).__name__, self._redacted(event))
        with self._lock:
            self._events += line
        if len(self._events) >= _FLUSH_BYTES:
            self.flush()

    def delivered(self, at_ns: int, message: int, connection: int, flags: int = EXACT) -> None:
        """Record one received payload (a row of DELIVERY)."""
        self._take(_RECORD.pack(at_ns, message, connection, flags))

    def deliveries(self, rows: Deliveries) -> None:
        """Record many."""
        self._take(rows.tobytes())

    def _take(self, records: bytes) -> None:
        with self._lock:
            self._deliveries += records
        if len(self._deliveries) >= _FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is buffered. Raises HistoryWriteError at the first failure only."""
        with self._lock:
            events, self._events = self._events, bytearray()
            deliveries, self._deliveries = self._deliveries, bytearray()
            if self._broken:
                return
            try:
                self._event_file.append(bytes(events))
                self._delivery_file.append(bytes(deliveries))
            except HistoryWriteError:
                self._broken = True
                raise

    def close(self) -> None:
        """Flush, mark the history as whole, and close the files; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        try:
            self.flush()
            footer = Footer(time.monotonic_ns(), self._delivery_file.length // _RECORD.size)
            self._events += _line("Footer", footer)
            self.flush()
        finally:
            self._event_file.close()
            self._delivery_file.close()

    def _redacted(self, event: Event) -> Event:
        if not self._secrets:
            return event
        texts = {
            f.name: redact_named(value, self._secrets)
            for f in fields(event)
            if isinstance(value := getattr(event, f.name), str)
        }
        return replace(event, **texts)  # type: ignore[arg-type]  # texts replace texts


def _line(kind: str, event: Event | Header | Footer) -> bytes:
    # ensure_ascii keeps lone surrogates, which a test payload may hold, representable in the file.
    # Not `asdict`, which copies what it finds, and costs more than all the rest of an event.
    values = {name: getattr(event, name) for name in _NAMES[type(event)]}
    return _ENCODER.encode({"kind": kind, "fields": values}).encode() + b"\n"


def clock_name() -> str:
    """A name for `time.monotonic_ns` here: on Linux that clock is one for all processes of a boot, but
    for those in a time namespace of their own (time_namespaces(7))."""
    boot_id = Path("/proc/sys/kernel/random/boot_id")
    if boot_id.exists():
        namespace = Path("/proc/self/ns/time")
        inside = f"-{namespace.readlink()}" if namespace.is_symlink() else ""
        return f"boot-{boot_id.read_text().strip()}{inside}"
    return f"process-{time.monotonic_ns():x}"
