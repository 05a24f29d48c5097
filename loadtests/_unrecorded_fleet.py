"""Clients beside the load, whose record is nobody's evidence."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conformance.harness.fleet import Fleet
from conformance.harness.target import Target
from reports.history_writer import HistoryWriter

from ._receive_loop import ReceiveLoop, system_poller


@contextmanager
def unrecorded_fleet(target: Target) -> Iterator[Fleet]:
    """A fleet that hears while the `with` block runs; its clients are closed at the end."""
    with tempfile.TemporaryDirectory() as folder:
        fleet = Fleet(target, HistoryWriter(Path(folder)), own_thread=False, poller=system_poller())
        loop = ReceiveLoop(fleet.receiver)
        loop.start()
        try:
            with fleet:
                yield fleet
        finally:
            loop.stop()
