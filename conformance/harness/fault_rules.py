"""What can be made to go wrong on a local stack: plain values, as docs/control-endpoint.md has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, Literal, TypeAlias

Status: TypeAlias = Literal[403, 410, 413, 429, 500, 502, 503, 504]

EVERY_FUNCTION = "*"
"""Any function of the application, and none of the calls that the harness makes itself."""


@dataclass(frozen=True, slots=True)
class ConnectionsAnswer:
    """`@connections` answers so, with the error type that AWS sends (MG-13, MG-15, MG-16, MG-17)."""

    kind: ClassVar[str] = "connections-answer"
    status: Status
    carried_out: bool = False
    """The call takes effect all the same: an ambiguous failure (RC-6)."""


@dataclass(frozen=True, slots=True)
class ConnectionsHang:
    """`@connections` never answers (RC-23)."""

    kind: ClassVar[str] = "connections-hang"
    carried_out: bool = False


@dataclass(frozen=True, slots=True)
class ConnectionsLatency:
    """`@connections` takes so long before it does anything."""

    kind: ClassVar[str] = "connections-latency"
    min_s: float
    max_s: float


@dataclass(frozen=True, slots=True)
class FunctionError:
    """The invocation fails as if the handler had raised (HS-9, RT-31)."""

    kind: ClassVar[str] = "function-error"
    carried_out: bool = False
    """It ran, and its result is lost."""


@dataclass(frozen=True, slots=True)
class ColdStart:
    """The function's execution environments end; the event meets a new one (RA-31)."""

    kind: ClassVar[str] = "cold-start"


@dataclass(frozen=True, slots=True)
class ConnectHeld:
    """The handshake stays open after `$connect` has let the client in (RC-1 to RC-3)."""

    kind: ClassVar[str] = "connect-held"
    seconds: float


@dataclass(frozen=True, slots=True)
class DisconnectDropped:
    """`$disconnect` is never sent (DC-1)."""

    kind: ClassVar[str] = "disconnect-dropped"


@dataclass(frozen=True, slots=True)
class DisconnectLate:
    """`$disconnect` is sent late (DC-1, DC-2)."""

    kind: ClassVar[str] = "disconnect-late"
    seconds: float


@dataclass(frozen=True, slots=True)
class DisconnectTwice:
    """`$disconnect` is sent once more (DC-1)."""

    kind: ClassVar[str] = "disconnect-twice"


@dataclass(frozen=True, slots=True)
class TablePages:
    """Scan and Query stop after `limit` items (RC-16)."""

    kind: ClassVar[str] = "table-pages"
    limit: int
    empty: bool = False
    """Every other page is empty and carries a key."""


@dataclass(frozen=True, slots=True)
class TableThrottled:
    """ProvisionedThroughputExceededException, without effect."""

    kind: ClassVar[str] = "table-throttled"


@dataclass(frozen=True, slots=True)
class TableLag:
    """Reads that are not consistent show the table as it was (RC-15)."""

    kind: ClassVar[str] = "table-lag"
    seconds: float


Fault: TypeAlias = (
    ConnectionsAnswer
    | ConnectionsHang
    | ConnectionsLatency
    | FunctionError
    | ColdStart
    | ConnectHeld
    | DisconnectDropped
    | DisconnectLate
    | DisconnectTwice
    | TablePages
    | TableThrottled
    | TableLag
)


@dataclass(frozen=True, slots=True)
class Where:
    """The calls that a rule is for: all that is named must match. Names but the id are shell patterns."""

    connection: str | None = None
    function: str | None = EVERY_FUNCTION
    """Logical id in the template."""
    route: str | None = None
    method: str | None = None
    table: str | None = None
    operation: str | None = None


@dataclass(frozen=True, slots=True)
class FaultRule:
    """A fault, and the conditions of its appearance; times in seconds from when the rule is added."""

    fault: Fault
    where: Where = field(default_factory=Where)
    probability: float = 1.0
    seed: int = 0
    per: Literal["call", "attempt"] = "call"
    """`call`: all attempts that an SDK makes for one call share its fate, and count once."""
    skip: int = 0
    count: int | None = None
    """How often it appears at most."""
    after_s: float = 0.0
    for_s: float | None = None

    def to_json(self) -> str:
        """The rule as the control endpoint takes it."""
        document: dict[str, Any] = {
            "fault": {"kind": self.fault.kind, **asdict(self.fault)},
            "where": _given(asdict(self.where)),
        }
        rest = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in document}
        return json.dumps({**document, **_given(rest)})


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
