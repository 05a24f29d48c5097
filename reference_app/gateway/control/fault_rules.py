"""What can be made to go wrong, where, how often and for how long: plain values.

A rule is a fault and the conditions of its appearance. Times are in seconds; a default means "not narrowed".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from typing import ClassVar, Literal, TypeAlias


class RuleError(ValueError):
    """A rule that cannot be; `str()` says which part of it and what would do."""


class Site(Enum):
    """The places of the stack at which faults appear."""

    CONNECTIONS_CALL = "connections-call"
    """A signed `@connections` call with a well-formed id."""
    INVOCATION = "invocation"
    """A function is about to be invoked."""
    ADMISSION = "admission"
    """`$connect` has let a client in, and the connection is not established yet (RC-1)."""
    DISCONNECT = "disconnect"
    """`$disconnect` is due."""
    TABLE_CALL = "table-call"
    """A function of the application calls DynamoDB; other callers meet no faults."""


@dataclass(frozen=True, slots=True)
class ConnectionsAnswer:
    """`@connections` answers with a status, typed as AWS does (MG-13, MG-15, MG-17)."""

    kind: ClassVar[str] = "connections-answer"
    site: ClassVar[Site] = Site.CONNECTIONS_CALL
    status: Literal[403, 410, 413, 429, 500, 502, 503, 504]
    carried_out: bool = False
    """Whether the call takes effect before it is answered so: an ambiguous failure (RC-6)."""


@dataclass(frozen=True, slots=True)
class ConnectionsHang:
    """`@connections` never answers; the caller's own limit ends it (RC-23)."""

    kind: ClassVar[str] = "connections-hang"
    site: ClassVar[Site] = Site.CONNECTIONS_CALL
    carried_out: bool = False


@dataclass(frozen=True, slots=True)
class ConnectionsLatency:
    """`@connections` takes `min_s` to `max_s`, evenly distributed, before the call is carried out."""

    kind: ClassVar[str] = "connections-latency"
    site: ClassVar[Site] = Site.CONNECTIONS_CALL
    min_s: float
    max_s: float

    def __post_init__(self) -> None:
        if not 0 <= self.min_s <= self.max_s:
            raise RuleError("min_s and max_s must be 0 <= min_s <= max_s")


@dataclass(frozen=True, slots=True)
class FunctionError:
    """The invocation fails as if the handler had raised (HS-9, RT-31)."""

    kind: ClassVar[str] = "function-error"
    site: ClassVar[Site] = Site.INVOCATION
    carried_out: bool = False
    """Whether the function runs to its end before; its result is lost then."""


@dataclass(frozen=True, slots=True)
class ColdStart:
    """The function's execution environments end: the event meets a new one (RA-31)."""

    kind: ClassVar[str] = "cold-start"
    site: ClassVar[Site] = Site.INVOCATION


@dataclass(frozen=True, slots=True)
class ConnectHeld:
    """The handshake stays open after `$connect` has returned: the ghost's window (RC-1 to RC-4)."""

    kind: ClassVar[str] = "connect-held"
    site: ClassVar[Site] = Site.ADMISSION
    seconds: float
    """On the stack's clock, or until the rule is removed."""

    def __post_init__(self) -> None:
        _require_duration(self.seconds)


@dataclass(frozen=True, slots=True)
class DisconnectDropped:
    """`$disconnect` is never sent (DC-1, DC-4)."""

    kind: ClassVar[str] = "disconnect-dropped"
    site: ClassVar[Site] = Site.DISCONNECT


@dataclass(frozen=True, slots=True)
class DisconnectLate:
    """`$disconnect` is sent late (DC-2)."""

    kind: ClassVar[str] = "disconnect-late"
    site: ClassVar[Site] = Site.DISCONNECT
    seconds: float
    """On the stack's clock, or until the rule is removed."""

    def __post_init__(self) -> None:
        _require_duration(self.seconds)


@dataclass(frozen=True, slots=True)
class DisconnectTwice:
    """`$disconnect` is sent once more when its first invocation has ended."""

    kind: ClassVar[str] = "disconnect-twice"
    site: ClassVar[Site] = Site.DISCONNECT


@dataclass(frozen=True, slots=True)
class TablePages:
    """Scan and Query stop after `limit` items instead of 1 MB (RC-16)."""

    kind: ClassVar[str] = "table-pages"
    site: ClassVar[Site] = Site.TABLE_CALL
    limit: int
    empty: bool = False
    """Every other page is empty and still carries `LastEvaluatedKey`; its items come with the next one."""

    def __post_init__(self) -> None:
        least = 2 if self.empty else 1
        if self.limit < least:
            raise RuleError(f"limit must be {least} or more")


@dataclass(frozen=True, slots=True)
class TableThrottled:
    """The call is refused with ProvisionedThroughputExceededException and has no effect."""

    kind: ClassVar[str] = "table-throttled"
    site: ClassVar[Site] = Site.TABLE_CALL


@dataclass(frozen=True, slots=True)
class TableLag:
    """Eventually consistent reads show the table as it was `seconds` ago (RC-9, RC-15).

    `ConsistentRead: true` is not affected.
    """

    kind: ClassVar[str] = "table-lag"
    site: ClassVar[Site] = Site.TABLE_CALL
    seconds: float

    def __post_init__(self) -> None:
        _require_duration(self.seconds)


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
class Occurrence:
    """Something that happens at a site, as far as a rule can be addressed to it."""

    site: Site
    connection: str | None = None
    function: str | None = None
    """Logical id: of the invoked function, or of the calling one; None for callers outside the stack."""
    route: str | None = None
    method: str | None = None
    table: str | None = None
    operation: str | None = None
    call: str | None = None
    """What the attempts of one SDK call have in common: its `amz-sdk-invocation-id`."""


@dataclass(frozen=True, slots=True)
class Address:
    """Which occurrences a rule is for: all that is named must match; `function="*"` means any function.

    Every name but the connection's is a shell pattern (`Send*`).
    """

    connection: str | None = None
    function: str | None = None
    route: str | None = None
    method: str | None = None
    table: str | None = None
    operation: str | None = None

    def matches(self, occurrence: Occurrence) -> bool:
        """Tell whether the occurrence is meant."""
        if self.connection is not None and self.connection != occurrence.connection:
            return False
        patterns = (self.function, self.route, self.method, self.table, self.operation)
        names = (
            occurrence.function,
            occurrence.route,
            occurrence.method,
            occurrence.table,
            occurrence.operation,
        )
        return all(map(_matches, patterns, names))

    def may_concern_table(self, table: str) -> bool:
        """Tell whether some call of a table can be meant."""
        return _matches(self.table, table)


@dataclass(frozen=True, slots=True)
class FaultRule:
    """A fault, its address and its dose."""

    fault: Fault
    where: Address = field(default_factory=Address)
    probability: float = 1.0
    seed: int = 0
    """The rule's own source of chance: equal occurrences in equal order have equal fates."""
    per: Literal["call", "attempt"] = "call"
    """`call`: the retries of one SDK call share its fate and count once; `attempt`: each counts."""
    skip: int = 0
    """Matching calls that are spared first."""
    count: int | None = None
    """How often the fault appears at most."""
    after_s: float = 0.0
    """How long after it is added the rule begins; machine time."""
    for_s: float | None = None
    """How long it lasts from then on."""

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise RuleError("probability must be from 0 to 1")
        if self.skip < 0 or self.after_s < 0:
            raise RuleError("skip and after_s must not be negative")
        if (self.count is not None and self.count < 1) or (self.for_s is not None and self.for_s <= 0):
            raise RuleError("count and for_s must be positive")


def _matches(pattern: str | None, name: str | None) -> bool:
    return pattern is None or (name is not None and fnmatchcase(name, pattern))


def _require_duration(seconds: float) -> None:
    if seconds <= 0:
        raise RuleError("seconds must be positive")
