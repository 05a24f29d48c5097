"""A worker on another host than its master: records in a folder of its own, and sends the record over.

It goes in pieces while the run lasts, each when the one before has been acknowledged, so that neither
side holds more than one; what was sent is kept if this worker dies. Now and then the master is asked
for its time, from which the two clocks are compared afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import gevent
from gevent.event import Event

from reports.history import ClockCompared

from ._far_folder import FarFolder
from ._load_run import LoadRun, RunPlan

SUFFIXES = ("jsonl", "deliveries")
_PIECE_BYTES = 1 << 19
_PERIOD_S = 1.0
_ASK_S = 0.25
"""Clocks drift between two answers, and a quick answer says more than a slow one."""
_PATIENCE_S = 30.0
"""For one acknowledgement."""


@dataclass(frozen=True)
class Piece:
    """What was recorded next."""

    process: int
    suffix: str
    """Of which of the process's two files."""
    start: int
    data: bytes


class FarRecord:
    """One run's record here; `send` takes pieces to the master, and `ask` is to ask for its time."""

    def __init__(
        self, plan: RunPlan, process: int, send: Callable[[Piece], None], ask: Callable[[int], None]
    ) -> None:
        self._folder = FarFolder()
        self.plan = replace(plan, folder=self._folder.path)
        self._process = process
        self._send = send
        self._ask = ask
        self._run: LoadRun | None = None
        self._there = dict.fromkeys(SUFFIXES, 0)
        self._acknowledged = Event()
        self._quickest_ns: int | None = None
        self._greenlets: list[gevent.Greenlet] = []

    def text_file(self, name: str, text: str) -> Path:
        """A file of the master's, here."""
        path = self._folder.path / name
        path.write_text(text, encoding="utf-8")
        return path

    def start(self, run: LoadRun) -> None:
        """Send what `run` records, and compare clocks, until `finish`."""
        self._run = run
        self._greenlets = [gevent.spawn(self._keep_asking, run), gevent.spawn(self._keep_sending)]

    def came(self, suffix: str, length: int) -> None:
        """The master has so many bytes of that file."""
        self._there[suffix] = length
        self._acknowledged.set()

    def told(self, asked_ns: int, clock: str, their_ns: int) -> None:
        """The master has answered what it was asked at `asked_ns`."""
        now_ns, run = time.monotonic_ns(), self._run
        if run is None or run.over.is_set():
            return
        run.fleet.recorder.clock_compared(ClockCompared(now_ns, self._process, asked_ns, clock, their_ns))
        if self._quickest_ns is None or now_ns - asked_ns < self._quickest_ns:
            self._quickest_ns = now_ns - asked_ns
            run.fleet.ahead_ns = (asked_ns + now_ns) // 2 - their_ns
        run.ready.set()

    def finish(self) -> Sequence[str]:
        """Send what is left of the closed record; returns what is wrong if the master has not got it all."""
        if self._run is None:
            return ()
        self._run = None
        gevent.killall(self._greenlets)
        while any(self._unsent(suffix) for suffix in SUFFIXES):
            if not self._send_next():
                return (
                    f"the master does not acknowledge what w{self._process} has recorded; it is in "
                    f"{self._folder.keep()} on that worker's host",
                )
        self._folder.remove()
        return ()

    def _keep_asking(self, run: LoadRun) -> None:
        while not run.over.is_set():
            self._ask(time.monotonic_ns())
            gevent.sleep(_ASK_S)

    def _keep_sending(self) -> None:
        while True:
            gevent.sleep(_PERIOD_S)
            while any(self._unsent(suffix) >= _PIECE_BYTES for suffix in SUFFIXES):
                self._send_next()
            self._send_next()

    def _unsent(self, suffix: str) -> int:
        path = self._path(suffix)
        return (path.stat().st_size if path.exists() else 0) - self._there[suffix]

    def _send_next(self) -> bool:
        """Send one piece of the file that is further behind; whether it was acknowledged."""
        suffix = max(SUFFIXES, key=self._unsent)
        start = self._there[suffix]
        with self._path(suffix).open("rb") as file:
            file.seek(start)
            data = file.read(_PIECE_BYTES)
        self._acknowledged.clear()
        self._send(Piece(self._process, suffix, start, data))
        return bool(self._acknowledged.wait(_PATIENCE_S))

    def _path(self, suffix: str) -> Path:
        return self._folder.path / f"history.{self._process}.{suffix}"
