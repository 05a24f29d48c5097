"""The history of a run: what was tried, what came back, when.

Jepsen's word and idea: the clients record, the checkers judge afterwards, from the record alone.
Two files a process, both only ever appended to, so that a run cut short can still be read:

`history.<process>.jsonl`
    one event of this module a line, `{"kind": "Left", "fields": {…}}`: connects, sends, leavings,
    frames nobody expected, rows seen.
    An operation is a pair, `…Started` and `…Ended`; the end says `ok`, `failed` (it took no
    effect) or `unknown` (it may have), and a missing end is `unknown` too. The first line is a
    `Header`, the last a `Footer`: buffered records are missing where the footer is missing.
`history.<process>.deliveries`
    one `DELIVERY` record, 24 bytes, for each payload that a client received.

Where the target is a local stack that says what the backend did, `trace.jsonl` stands beside them
(module `trace`).

Times are nanoseconds of the clock that the header names (`time.monotonic_ns`). Histories of the
same clock may be compared; those of two clocks never without a stated error bound (`history_clocks`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

FORMAT = 1

DELIVERY = np.dtype([("at_ns", "<i8"), ("message", "<u8"), ("connection", "<u4"), ("flags", "<u4")])
"""`message` is the id that the sender gave it (process << 32 | number, unique in the run),
`connection` the receiver's number in its own process."""

Deliveries: TypeAlias = npt.NDArray[np.void]
"""Rows of DELIVERY."""

EXACT = 0
CORRUPT = 1
"""Flag: the payload names this message, but its bytes are not the ones that were sent."""
KERNEL_TIME = 2
"""Flag: `at_ns` is when the kernel received it. Without it, it came then or earlier: that is when the
process read it, or when the kernel received the last of several that were read together."""

OpOutcome: TypeAlias = Literal["ok", "failed", "unknown"]
PhaseName: TypeAlias = Literal["set-up", "main", "heal", "settle", "final"]
Leaving: TypeAlias = Literal["close", "abort", "half-open", "peer-close", "peer-lost"]
"""`half-open` begins when a client stops reading (MG-30); its socket may go much later."""

MISCHIEF = "mischief/"
"""Groups of messages that begin so are owed to nobody: no application asks for them."""

EXCERPT = 2048
"""At most so many characters of a frame or message are kept in an event."""


@dataclass(frozen=True, slots=True)
class Header:
    """First line of every history file."""

    format: int
    process: int
    clock: str
    """Names the clock: equal for processes whose times may be subtracted (same machine, same boot)."""
    monotonic_ns: int
    wall: str
    """The same moment as `monotonic_ns`, ISO 8601 with offset."""


@dataclass(frozen=True, slots=True)
class Footer:
    """Last line of a history file that was closed in good order; without it the run was cut short."""

    at_ns: int
    deliveries: int
    """Records in the process's deliveries file."""


@dataclass(frozen=True, slots=True)
class Phase:
    """From here on the run is in this phase of this workload."""

    at_ns: int
    workload: str
    name: PhaseName


@dataclass(frozen=True, slots=True)
class ConnectStarted:
    at_ns: int
    connection: int
    group: str
    """What the connection is for, e.g. `stayer`, `joiner`; clauses select by it."""


@dataclass(frozen=True, slots=True)
class ConnectEnded:
    at_ns: int
    connection: int
    outcome: OpOutcome
    status: int | None = None
    """HTTP status of the handshake; 101 when it succeeded, None when no answer came."""
    source_port: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Identified:
    """The connection's API Gateway connection id became known."""

    at_ns: int
    connection: int
    connection_id: str


@dataclass(frozen=True, slots=True)
class LeaveStarted:
    """First moment at which the connection may no longer be a member."""

    at_ns: int
    connection: int
    how: Leaving


@dataclass(frozen=True, slots=True)
class Left:
    """The connection is gone; `code` and `reason` are the close frame's (RFC 6455 section 7.1.5)."""

    at_ns: int
    connection: int
    code: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SendStarted:
    at_ns: int
    message: int
    connection: int
    intended_ns: int
    """When the schedule wanted it sent; latency counts from here."""
    group: str
    """What the message is for; clauses select by it, e.g. `broadcast/unicode`. A group that begins
    with `mischief/` is owed to nobody."""
    size: int
    """Bytes of the payload."""
    text: str
    """The payload, at most EXCERPT characters."""


@dataclass(frozen=True, slots=True)
class SendEnded:
    at_ns: int
    message: int
    outcome: OpOutcome
    detail: str = ""


@dataclass(frozen=True, slots=True)
class FrameReceived:
    """A message from the backend that is no exact delivery."""

    at_ns: int
    connection: int
    size: int
    text: str
    corrupt_of: int | None = None
    """The message it is a damaged copy of; None where it names none (error frames, presence …)."""


@dataclass(frozen=True, slots=True)
class RowObserved:
    """A read of the connection table, begun at `started_ns` and answered at `at_ns`."""

    started_ns: int
    at_ns: int
    connection_id: str
    present: bool


@dataclass(frozen=True, slots=True)
class RowPlanted:
    """A stale row was put into the table; `position` is its place in the Scan, live rows counted."""

    at_ns: int
    connection_id: str
    kind: str
    """`gone` (id of a closed connection), `padded` (the same, large), `malformed` (no id at all)."""
    position: Literal["first", "middle", "last", "unknown"] = "unknown"


@dataclass(frozen=True, slots=True)
class GeneratorHealth:
    """How well the harness itself kept up since the last such event."""

    at_ns: int
    schedule_lag_ns: int
    """Worst lateness of an action against its schedule."""
    cpu: float
    """CPU seconds of this process per second of wall time; 1.0 is one core full."""
    load_per_core: float = 0.0
    """The machine's load average over the last minute, divided by its cores; 0.0 where it is not known."""
    receive_lag_ns: int = 0
    """The longest that a message had come and was not read yet."""
    runnable_per_core: float = 0.0
    """Threads that ran or waited for a processor, mean since the last such event, divided by the machine's
    cores; 0.0 where it is not known. A burst of seconds shows here, hardly in a load average."""


@dataclass(frozen=True, slots=True)
class FaultBegan:
    """From here on a fault rule is in force in the local stack."""

    at_ns: int
    rule_id: str
    name: str
    """What it is for; clauses select by it, e.g. `post/hang`."""
    rule: str
    """The rule as the control endpoint takes it, JSON."""


@dataclass(frozen=True, slots=True)
class FaultEnded:
    """Until here the rule was in force."""

    at_ns: int
    rule_id: str
    seen: int
    """Calls that it was for."""
    injected: int
    """Those of them that met the fault."""


@dataclass(frozen=True, slots=True)
class ClockCompared:
    """The master, on another clock, was asked for its time and has answered."""

    at_ns: int
    """When the answer was here."""
    process: int
    """Which one asked."""
    asked_ns: int
    clock: str
    """The master's; `Header.clock` says what its name means."""
    their_ns: int
    """By that clock, between question and answer."""


@dataclass(frozen=True, slots=True)
class Note:
    at_ns: int
    text: str


Event: TypeAlias = (
    Phase
    | ConnectStarted
    | ConnectEnded
    | Identified
    | LeaveStarted
    | Left
    | SendStarted
    | SendEnded
    | FrameReceived
    | RowObserved
    | RowPlanted
    | GeneratorHealth
    | FaultBegan
    | FaultEnded
    | ClockCompared
    | Note
)

EVENT_TYPES: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        Phase,
        ConnectStarted,
        ConnectEnded,
        Identified,
        LeaveStarted,
        Left,
        SendStarted,
        SendEnded,
        FrameReceived,
        RowObserved,
        RowPlanted,
        GeneratorHealth,
        FaultBegan,
        FaultEnded,
        ClockCompared,
        Note,
    )
}


def message_id(process: int, number: int) -> int:
    """The id of a process's message; unique in the run, so that any process can recognise it."""
    return process << 32 | number
