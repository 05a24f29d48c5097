"""Numbers connections and messages, and writes what happens to them into the history."""

from __future__ import annotations

import threading
import time

from reports.history import (
    CORRUPT,
    EXCERPT,
    ClockCompared,
    ConnectEnded,
    ConnectStarted,
    Deliveries,
    Event,
    FaultBegan,
    FaultEnded,
    FrameReceived,
    GeneratorHealth,
    Identified,
    LeaveStarted,
    Leaving,
    Left,
    Note,
    OpOutcome,
    Phase,
    PhaseName,
    RowObserved,
    RowPlanted,
    SendEnded,
    SendStarted,
    message_id,
)
from reports.history_writer import HistoryWriteError, HistoryWriter

from .errors import HarnessError


class Recorder:
    """Writes one process's events as they happen; safe to call from several threads.

    Recording never raises, so that a full disk does not break a receiving thread in the middle:
    the first failure is kept, and `check` raises it where somebody can act on it.
    """

    def __init__(self, writer: HistoryWriter) -> None:
        self._writer = writer
        self._lock = threading.Lock()
        self._connections = 0
        self._messages = 0
        self.failure: HistoryWriteError | None = None

    def check(self) -> None:
        """Raise HarnessError if the history could not be written."""
        if self.failure is not None:
            raise HarnessError(str(self.failure)) from self.failure

    def connect_started(self, group: str) -> int:
        """The new connection's number."""
        with self._lock:
            # Under the lock: a history's connections stand in the order of their numbers.
            number = self._connections
            self._connections += 1
            self._write(ConnectStarted(time.monotonic_ns(), number, group))
        return number

    def connect_ended(
        self,
        connection: int,
        outcome: OpOutcome,
        *,
        status: int | None = None,
        source_port: int | None = None,
        detail: str = "",
    ) -> None:
        now = time.monotonic_ns()
        self._write(ConnectEnded(now, connection, outcome, status, source_port, detail[:EXCERPT]))

    def identified(self, connection: int, connection_id: str) -> None:
        self._write(Identified(time.monotonic_ns(), connection, connection_id))

    def leave_started(self, connection: int, how: Leaving) -> None:
        self._write(LeaveStarted(time.monotonic_ns(), connection, how))

    def left(self, connection: int, code: int | None = None, reason: str = "") -> None:
        self._write(Left(time.monotonic_ns(), connection, code, reason[:EXCERPT]))

    def new_message(self) -> int:
        """A message id, unique in the run."""
        with self._lock:
            number = self._messages
            self._messages += 1
        return message_id(self._writer.process, number)

    def send_started(
        self, message: int, connection: int, group: str, payload: str, intended_ns: int | None = None
    ) -> None:
        """Without `intended_ns` the message is intended for now."""
        now = time.monotonic_ns()
        size = len(payload.encode("utf-8", "surrogatepass"))
        intended = now if intended_ns is None else intended_ns
        self._write(SendStarted(now, message, connection, intended, group, size, payload[:EXCERPT]))

    def send_ended(self, message: int, outcome: OpOutcome, detail: str = "") -> None:
        self._write(SendEnded(time.monotonic_ns(), message, outcome, detail[:EXCERPT]))

    def deliveries(self, rows: Deliveries) -> None:
        """Exact deliveries."""
        try:
            self._writer.deliveries(rows)
        except HistoryWriteError as error:
            self.failure = self.failure or error

    def frame_received(
        self, connection: int, text: str, size: int, at_ns: int, corrupt_of: int | None = None
    ) -> FrameReceived:
        """A message that is no exact delivery; a damaged copy is counted among the deliveries too."""
        event = FrameReceived(at_ns, connection, size, text[:EXCERPT], corrupt_of)
        self._write(event)
        if corrupt_of is not None:
            try:
                self._writer.delivered(at_ns, corrupt_of, connection, CORRUPT)
            except HistoryWriteError as error:
                self.failure = self.failure or error
        return event

    def row_observed(self, started_ns: int, connection_id: str, *, present: bool) -> RowObserved:
        event = RowObserved(started_ns, time.monotonic_ns(), connection_id, present)
        self._write(event)
        return event

    def row_planted(self, planted: RowPlanted) -> None:
        self._write(planted)

    def phase(self, workload: str, name: PhaseName) -> None:
        self._write(Phase(time.monotonic_ns(), workload, name))

    def health(self, health: GeneratorHealth) -> None:
        self._write(health)

    def fault_began(self, rule_id: str, name: str, rule: str) -> None:
        self._write(FaultBegan(time.monotonic_ns(), rule_id, name, rule))

    def fault_ended(self, rule_id: str, seen: int, injected: int) -> None:
        self._write(FaultEnded(time.monotonic_ns(), rule_id, seen, injected))

    def note(self, text: str) -> None:
        self._write(Note(time.monotonic_ns(), text[:EXCERPT]))

    def clock_compared(self, event: ClockCompared) -> None:
        self._write(event)

    def flush(self) -> None:
        try:
            self._writer.flush()
        except HistoryWriteError as error:
            self.failure = self.failure or error

    def close(self) -> None:
        """Close the history; raises HarnessError if it is not whole."""
        try:
            self._writer.close()
        except HistoryWriteError as error:
            self.failure = self.failure or error
        self.check()

    def _write(self, event: Event) -> None:
        try:
            self._writer.write(event)
        except HistoryWriteError as error:
            self.failure = self.failure or error
