"""Reads the history of a run back: events in order, and what they say of each connection and message."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from .decoding import decode
from .delivery_log import DeliveryFile, DeliveryLog
from .history import (
    EVENT_TYPES,
    FORMAT,
    ClockCompared,
    ConnectEnded,
    ConnectStarted,
    Event,
    FaultBegan,
    FaultEnded,
    Footer,
    FrameReceived,
    GeneratorHealth,
    Header,
    Identified,
    LeaveStarted,
    Leaving,
    Left,
    OpOutcome,
    Phase,
    RowObserved,
    RowPlanted,
    SendEnded,
    SendStarted,
)
from .history_clocks import HostClock, clocks_of
from .results import check_format
from .trace import LifecycleStep, Trace, TraceError
from .trace_file import read_trace

_ONCE: Mapping[str, OpOutcome] = {outcome: outcome for outcome in get_args(OpOutcome)}


class HistoryError(Exception):
    """The folder holds no history that can be read; the message says which file and why."""


@dataclass(slots=True)
class Connection:
    """One connection of the run; None means that it never came to that."""

    number: int
    label: str
    group: str
    opening_ns: int
    opened_ns: int | None = None
    connect_outcome: OpOutcome = "unknown"
    status: int | None = None
    detail: str = ""
    source_port: int | None = None
    connection_id: str | None = None
    leaving_ns: int | None = None
    how: Leaving | None = None
    left_ns: int | None = None
    code: int | None = None
    reason: str = ""

    @property
    def process(self) -> int:
        """The one that made it: labels name it, `w2.c7` is one of process 2, `c7` of the only one."""
        worker, dot, _ = self.label.partition(".")
        return int(worker[1:]) if dot else 0

    @property
    def times_ns(self) -> list[int]:
        """When anything happened to it."""
        times = (self.opening_ns, self.opened_ns, self.leaving_ns, self.left_ns)
        return [at_ns for at_ns in times if at_ns is not None]


@dataclass(slots=True)
class Message:
    """One message of the run."""

    id: int
    sender: int
    """Number of the sender's connection in `History.connections`."""
    started_ns: int
    intended_ns: int
    group: str
    size: int
    text: str
    outcome: OpOutcome = "unknown"
    detail: str = ""

    @property
    def label(self) -> str:
        """Short name for people: `m7`, or `w1.m7` for a message of process 1."""
        process, number = self.id >> 32, self.id & 0xFFFFFFFF
        return f"m{number}" if process == 0 else f"w{process}.m{number}"


@dataclass(slots=True)
class FaultSpan:
    """One fault rule of the local stack, while it was in force."""

    rule_id: str
    name: str
    rule: Mapping[str, Any]
    """As the control endpoint takes it."""
    began_ns: int
    ended_ns: int | None = None
    """None: the run was cut short."""
    seen: int = 0
    """Calls that it was for."""
    injected: int = 0
    """Those of them that met the fault."""

    @property
    def connection_id(self) -> str | None:
        """The one connection that it is about; None where it is about all."""
        found = self.rule.get("where", {}).get("connection")
        return None if found is None else str(found)


@dataclass(slots=True)
class History:
    """Everything recorded. Connections are numbered through all processes, in file order."""

    headers: list[Header] = field(default_factory=list)
    phases: list[Phase] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    """In the order of their start."""
    deliveries: DeliveryLog = field(default_factory=DeliveryLog)
    frames: list[FrameReceived] = field(default_factory=list)
    rows: list[RowObserved] = field(default_factory=list)
    planted: list[RowPlanted] = field(default_factory=list)
    health: list[GeneratorHealth] = field(default_factory=list)
    faults: list[FaultSpan] = field(default_factory=list)
    """In the order in which they began."""
    trace: Trace = field(default_factory=Trace)
    """What the backend did; empty where the target does not tell."""
    end_ns: int = 0
    """Time of the last thing recorded."""
    cut_short: bool = False
    """True when a file was not closed in good order: the run was killed or the disk was full. What
    was recorded last is missing then, so that a pair without a delivery need not be lost."""
    cut_processes: list[int] = field(default_factory=list)
    """The processes whose files were not closed in good order."""
    clocks: list[HostClock] = field(default_factory=list)
    """Those of other hosts than the master's. All times of the history are its clock's, as exact as
    these say; what one clock timed is exact in itself."""


def read_history(folder: Path) -> History:
    """Read every process's history in `folder`.

    A record cut off at the end of a file is left out and noted in `cut_short`.
    Raises HistoryError.
    """
    files = sorted(folder.glob("history.*.jsonl"), key=lambda path: path.name)
    if not files:
        raise HistoryError(f"{folder}: no history.*.jsonl in it")
    read = _Read()
    for path in files:
        read.process(path)
    history = read.history
    clocks = clocks_of(history.headers, history.connections, history.messages, read.compared, read.deliveries)
    if clocks:
        read = _Read({process: clock for clock in clocks for process in clock.processes})
        for path in files:
            read.process(path)
        history = read.history
        history.clocks = clocks
    history.deliveries = DeliveryLog(read.deliveries.values())
    history.messages.sort(key=lambda message: message.started_ns)
    history.trace = _trace_of(folder)
    _name_by_port(history)
    history.end_ns = max(history.end_ns, history.deliveries.last_ns)
    return history


def _trace_of(folder: Path) -> Trace:
    try:
        return read_trace(folder)
    except TraceError as error:
        raise HistoryError(str(error)) from error


def _name_by_port(history: History) -> None:
    """Give connections whose id was never asked for the one that the stack saw at their source port."""
    steps = [row for row in history.trace.of(LifecycleStep) if row.source_port is not None]
    by_port: dict[int | None, list[LifecycleStep]] = {}
    for step in steps:
        by_port.setdefault(step.source_port, []).append(step)
    for connection in history.connections:
        until_ns = history.end_ns if connection.opened_ns is None else connection.opened_ns
        for step in by_port.get(connection.source_port, []):
            if connection.connection_id is None and connection.opening_ns <= step.started_ns <= until_ns:
                connection.connection_id = step.connection_id


class _Read:
    """What was read of the processes so far, with the times of these clocks placed on the reference's."""

    def __init__(self, clocks: Mapping[int, HostClock] | None = None) -> None:
        self._clocks = clocks or {}
        self.history = History()
        self.compared: list[ClockCompared] = []
        self.deliveries: dict[int, DeliveryFile] = {}

    def process(self, path: Path) -> None:
        lines = _Lines(path)
        header = lines.header()
        clock = self._clocks.get(header.process)
        self.history.headers.append(clock.placed_event(header) if clock else header)
        base = len(self.history.connections)
        fold = _Fold(self.history, base, header.process)
        for number, event in lines.events():
            if isinstance(event, ClockCompared):
                self.compared.append(event)
            try:
                fold.take(clock.placed_event(event) if clock else event)
            except (KeyError, ValueError, HistoryError) as error:
                raise HistoryError(
                    f"{path}:{number}: refers to something that the file did not begin: {error}"
                ) from error
        placed = clock.placed if clock else None
        deliveries = DeliveryFile(path.with_suffix(".deliveries"), base, placed)
        self.deliveries[header.process] = deliveries
        whole = lines.footer is not None and lines.footer.deliveries == deliveries.count()
        if not whole:
            self.history.cut_short = True
            self.history.cut_processes.append(header.process)


class _Lines:
    """One events file, line by line; `footer` is known once the events are read.

    A line that is cut off at the end of the file is left out.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.footer: Footer | None = None

    def header(self) -> Header:
        first = next(self._whole(), b"")
        try:
            line = json.loads(first)
            fields = line["fields"]
            if line["kind"] != "Header":
                raise HistoryError(f"{self.path}: the first line is no history header")
            found = fields["format"]
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise HistoryError(f"{self.path}: the first line is no history header") from error
        try:
            check_format("history", found, FORMAT)
            return decode(Header, fields)
        except ValueError as error:
            raise HistoryError(f"{self.path}: {error}") from error

    def events(self) -> Iterator[tuple[int, Event]]:
        for number, text in enumerate(self._whole(), start=1):
            if number == 1:
                continue
            try:
                line: dict[str, Any] = json.loads(text)
                if line["kind"] == "Footer":
                    self.footer = Footer(**line["fields"])
                    continue
                event = EVENT_TYPES[line["kind"]](**line["fields"])
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
                raise HistoryError(f"{self.path}:{number}: no event of a history: {text[:80]!r}") from error
            yield number, event

    def _whole(self) -> Iterator[bytes]:
        try:
            with self.path.open("rb") as file:
                for line in file:
                    if line.endswith(b"\n"):
                        yield line.removesuffix(b"\n")
        except OSError as error:
            raise HistoryError(f"{self.path}: {error.strerror or error}") from error


class _Fold:
    """Folds one process's events into the history's connections and messages."""

    def __init__(self, history: History, base: int, process: int) -> None:
        self._history = history
        self._base = base
        self._process = process
        self._numbers: dict[int, Connection] = {}
        self._messages: dict[int, Message] = {}
        self._faults: dict[str, FaultSpan] = {}

    def take(self, event: Event) -> None:  # one case an event kind
        history = self._history
        history.end_ns = max(history.end_ns, event.at_ns)
        match event:
            case Phase():
                history.phases.append(event)
            case ConnectStarted():
                self._open(event)
            case ConnectEnded():
                self._opened(event)
            case Identified():
                self._connection(event.connection).connection_id = event.connection_id
            case LeaveStarted():
                self._leave(event)
            case Left():
                connection = self._connection(event.connection)
                connection.left_ns, connection.code, connection.reason = event.at_ns, event.code, event.reason
            case SendStarted():
                self._send(event)
            case SendEnded():
                message = self._messages[event.message]
                message.outcome = _ONCE.get(event.outcome, event.outcome)
                message.detail = event.detail
            case FrameReceived():
                history.frames.append(self._renumbered(event))
            case RowObserved():
                history.rows.append(event)
            case RowPlanted():
                history.planted.append(event)
            case GeneratorHealth():
                history.health.append(event)
            case FaultBegan():
                self._faults[event.rule_id] = FaultSpan(
                    event.rule_id, event.name, json.loads(event.rule), event.at_ns
                )
                history.faults.append(self._faults[event.rule_id])
            case FaultEnded():
                span = self._faults[event.rule_id]
                span.ended_ns, span.seen, span.injected = event.at_ns, event.seen, event.injected

    def _connection(self, number: int) -> Connection:
        return self._numbers[number]

    def _open(self, event: ConnectStarted) -> None:
        # A process numbers its connections 0, 1, 2 … in the order of their ConnectStarted events,
        # which is what lets deliveries be renumbered by adding the base.
        number = self._base + event.connection
        label = f"c{event.connection}" if self._process == 0 else f"w{self._process}.c{event.connection}"
        connection = Connection(number, label, event.group, event.at_ns)
        self._numbers[event.connection] = connection
        if number != len(self._history.connections):
            raise HistoryError(f"connection {event.connection} is out of order")
        self._history.connections.append(connection)

    def _opened(self, event: ConnectEnded) -> None:
        connection = self._connection(event.connection)
        connection.connect_outcome = event.outcome
        connection.opened_ns = event.at_ns if event.outcome == "ok" else None
        connection.status, connection.detail = event.status, event.detail
        connection.source_port = event.source_port

    def _leave(self, event: LeaveStarted) -> None:
        connection = self._connection(event.connection)
        if connection.leaving_ns is None:
            connection.leaving_ns, connection.how = event.at_ns, event.how

    def _send(self, event: SendStarted) -> None:
        message = Message(
            event.message,
            self._base + event.connection,
            event.at_ns,
            event.intended_ns,
            sys.intern(event.group),  # millions of messages have few groups
            event.size,
            event.text,
        )
        self._messages[event.message] = message
        self._history.messages.append(message)

    def _renumbered(self, event: FrameReceived) -> FrameReceived:
        if self._base == 0:
            return event
        return FrameReceived(
            event.at_ns, self._base + event.connection, event.size, event.text, event.corrupt_of
        )
