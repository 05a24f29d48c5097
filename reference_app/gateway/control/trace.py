"""What the stack did, call by call and step by step: a bounded memory that many can read and follow."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar, TypeAlias

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

CAPACITY = 50_000


@dataclass(frozen=True, slots=True)
class ConnectionsCall:
    """A call of `@connections`, by whomever."""

    kind: ClassVar[str] = "connections-call"
    method: str
    connection_id: str | None
    function: str | None
    """Logical id of the caller; None for callers that are no function of the stack."""
    call_id: str | None
    """The same for all attempts of one SDK call."""
    request_id: str
    bytes: int
    """Length of the body."""
    status: int | None
    """What was answered; None when the caller left before."""
    error_type: str | None
    carried_out: bool
    """Whether the call took effect, whatever was answered."""
    faults: tuple[str, ...]
    """Ids of the rules that interfered; so in every other event."""


@dataclass(frozen=True, slots=True)
class TableCall:
    """A call of the application's DynamoDB endpoint."""

    kind: ClassVar[str] = "table-call"
    operation: str
    table: str | None
    function: str | None
    call_id: str | None
    request: str | None
    """The parameters as sent, JSON; None when they are long."""
    status: int | None
    error_type: str | None
    items: int | None
    """Items in a page of Scan or Query."""
    has_more: bool
    """Whether the page carried `LastEvaluatedKey`."""
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FunctionInvocation:
    """One invocation: by API Gateway, or, with a cause, by another function or an event source."""

    kind: ClassVar[str] = "invocation"
    function: str
    route: str
    """Empty where there is a cause."""
    connection_id: str
    """Of the connection that it goes back to; empty where that is not known."""
    request_id: str
    """API Gateway's, as in the event; Lambda's where there is a cause."""
    outcome: str
    """`returned`, a failure's reason, `integration-timeout` or `cancelled`."""
    detail: str
    """The result's beginning, or the error's type and message."""
    cause: str
    """`Event of F`, `RequestResponse of F`, `stream of T`, `queue Q`; empty for API Gateway."""
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FunctionOutput:
    """A function printed a line; what it said stands in its log."""

    kind: ClassVar[str] = "output"
    function: str


@dataclass(frozen=True, slots=True)
class LifecycleStep:
    """A turn in the life of a connection."""

    kind: ClassVar[str] = "lifecycle"
    step: str
    """`connecting`, `held`, `established`, `refused`, `abandoned`, `message`, `ended`, `disconnect-…`."""
    connection_id: str
    source_port: int | None
    """The client's port, in `connecting`."""
    detail: str
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClockMoved:
    """The stack's clock was moved forward."""

    kind: ClassVar[str] = "clock-moved"
    seconds: float
    expired_rows: int


@dataclass(frozen=True, slots=True)
class FaultSwitched:
    """A rule was added, or removed."""

    kind: ClassVar[str] = "fault-switched"
    rule_id: str
    on: bool


Event: TypeAlias = (
    ConnectionsCall
    | TableCall
    | FunctionInvocation
    | FunctionOutput
    | LifecycleStep
    | ClockMoved
    | FaultSwitched
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event, numbered in the order in which events ended."""

    seq: int
    started_ns: int
    """The machine's monotonic clock, that all its processes share."""
    ended_ns: int
    epoch_ms: int
    """The stack's clock, which can be moved, at the end."""
    event: Event


@dataclass(frozen=True, slots=True)
class Gap:
    """Entries from `first` to `last` were forgotten before they were read."""

    first: int
    last: int


def line(entry: Entry | Gap) -> bytes:
    """Return one line of NDJSON."""
    if isinstance(entry, Gap):
        document: dict[str, object] = {"kind": "gap", "first": entry.first, "last": entry.last}
    else:
        document = {
            "seq": entry.seq,
            "kind": entry.event.kind,
            "started_ns": entry.started_ns,
            "ended_ns": entry.ended_ns,
            "epoch_ms": entry.epoch_ms,
        }
        document |= {each.name: getattr(entry.event, each.name) for each in fields(entry.event)}
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


class Trace:
    """The newest entries; `follow` needs a running event loop."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._entries: deque[Entry] = deque(maxlen=capacity)
        self._last = 0
        self._grown = asyncio.Event()

    @property
    def last(self) -> int:
        """Number of the newest entry; 0 when there has been none."""
        return self._last

    def add(self, event: Event, *, started_ns: int, ended_ns: int, epoch_ms: int) -> None:
        """Remember an event; the oldest one is forgotten when there are too many."""
        self._last += 1
        self._entries.append(Entry(self._last, started_ns, ended_ns, epoch_ms, event))
        if not self._grown.is_set():
            self._grown.set()

    def since(self, after: int) -> Iterator[Entry | Gap]:
        """Yield the entries there are with a higher number, led by a Gap if some of them are forgotten."""
        first = self._entries[0].seq if self._entries else self._last + 1
        if after + 1 < first:
            yield Gap(after + 1, first - 1)
        start = max(0, after + 1 - first)
        # Taken now: the caller may let others run, and they may add entries.
        yield from [self._entries[index] for index in range(start, len(self._entries))]

    async def follow(self, after: int) -> AsyncIterator[list[Entry | Gap]]:
        """Yield what comes, in batches, for ever; a slow reader finds gaps instead of costing memory."""
        while True:
            batch = list(self.since(after))
            if batch:
                after = self._last
                yield batch
            else:
                self._grown.clear()
                await self._grown.wait()
