"""What the backend did, as the local stack's trace tells it: calls, invocations, turns in connections' lives.

One frozen row a line of the trace (docs/control-endpoint.md, version 1), in the order in which things
ended. Times are nanoseconds of the machine's monotonic clock, the history's own: both may be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeAlias, TypeVar


class TraceError(Exception):
    """A line is no trace of a version that this one reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    seq: int
    started_ns: int
    ended_ns: int
    epoch_ms: int
    """The stack's own clock, which can be moved, at the end."""
    faults: tuple[str, ...] = ()
    """Ids of the rules that interfered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionsCall(_Row):
    """A call of `@connections`, by a function or by anybody else."""

    method: str
    connection_id: str | None
    function: str | None = None
    """Logical id of the function that called; None for callers from outside, such as the harness."""
    call_id: str | None = None
    """The same for all attempts of one SDK call."""
    request_id: str = ""
    bytes: int = 0
    """Of the body."""
    status: int | None = None
    """None: the caller left before it was answered."""
    error_type: str | None = None
    carried_out: bool = False
    """Whether it took effect, whatever was answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCall(_Row):
    """A call of the application's DynamoDB."""

    operation: str
    table: str | None
    function: str | None = None
    call_id: str | None = None
    request: str | None = None
    """The parameters as sent, JSON; None when they are long."""
    status: int | None = None
    error_type: str | None = None
    items: int | None = None
    has_more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation(_Row):
    """One invocation of a function: by API Gateway, or, with a cause, by a function or an event source."""

    function: str
    route: str
    """Empty where there is a cause."""
    connection_id: str
    """That it goes back to; empty where that is not known."""
    request_id: str
    outcome: str
    """`returned`, or the reason of a failure."""
    detail: str = ""
    """The beginning of the result, or the error's type and message."""
    cause: str = ""
    """`Event of F`, `RequestResponse of F`, `stream of T`, `queue Q`; empty for API Gateway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionOutput(_Row):
    """A function printed a line to its log."""

    function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleStep(_Row):
    """A turn in a connection's life: `connecting`, `held`, `established`, `ended` …"""

    step: str
    connection_id: str
    source_port: int | None = None
    """The client's port, in `connecting`."""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultSwitched(_Row):
    """A rule came into force, or went."""

    rule_id: str
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockMoved(_Row):
    """The stack's clock was moved forward."""

    seconds: float
    expired_rows: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """The stack forgot these entries before they were read."""

    first: int
    last: int


TraceRow: TypeAlias = (
    ConnectionsCall
    | TableCall
    | Invocation
    | FunctionOutput
    | LifecycleStep
    | FaultSwitched
    | ClockMoved
    | Gap
)
RowT = TypeVar("RowT")

_KINDS: Mapping[str, type[TraceRow]] = {
    "connections-call": ConnectionsCall,
    "table-call": TableCall,
    "invocation": Invocation,
    "output": FunctionOutput,
    "lifecycle": LifecycleStep,
    "fault-switched": FaultSwitched,
    "clock-moved": ClockMoved,
    "gap": Gap,
}
_MEMBERS = {kind: tuple(each.name for each in fields(kind)) for kind in _KINDS.values()}


@dataclass(slots=True)
class Trace:
    """All rows of a run; empty where the run had no trace."""

    rows: list[TraceRow] = field(default_factory=list)

    def of(self, kind: type[RowT]) -> list[RowT]:
        """The rows of one kind, in the order in which they ended."""
        return [row for row in self.rows if isinstance(row, kind)]

    @property
    def whole(self) -> bool:
        """Whether there is a trace and nothing is missing in it: only then does absence prove anything."""
        return bool(self.rows) and not any(isinstance(row, Gap) for row in self.rows)


def trace_row(document: Mapping[str, Any]) -> TraceRow | None:
    """The row that a decoded line holds; None for a kind that only newer stacks know.

    Members that only newer stacks know are left out. Raises TraceError.
    """
    kind = _KINDS.get(str(document.get("kind")))
    if kind is None:
        return None
    known = {name: document[name] for name in _MEMBERS[kind] if name in document}
    if "faults" in known:
        known["faults"] = tuple(known["faults"])
    try:
        return kind(**known)
    except TypeError as error:
        raise TraceError(f"no line of a trace: {error}") from error


def trace_of(documents: Iterable[Mapping[str, Any]]) -> Trace:
    """Raises TraceError."""
    rows = (trace_row(document) for document in documents)
    return Trace([row for row in rows if row is not None])
