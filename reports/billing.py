"""What AWS meters of a run, and what that costs: the values that travel in `results.json`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Traffic:
    """What the record of a run holds of what AWS meters."""

    messages_in: int = 0
    """From clients, mischief included."""
    units_in: int = 0
    """The same in units of 32 KB, as API Gateway counts them (PR-1)."""
    messages_out: int = 0
    """To clients: every delivery and every other frame."""
    units_out: int = 0
    bytes_out: int = 0
    connects: int = 0
    """Handshakes begun; each invokes `$connect`."""
    leaves: int = 0
    """Of those that succeeded and ended; each invokes `$disconnect`."""
    connection_minutes: float = 0.0
    broadcasts: int = 0
    """Messages that everybody was to hear."""
    open_at_broadcast: float = 0.0
    """Connections open when a broadcast was sent, on average."""
    table_reads: int = 0
    """The harness's own."""
    table_writes: int = 0
    """The harness's own: stale rows planted."""
    lambda_requests: int | None = None
    """Invocations in the log of a local stack; None where there was no such log."""
    lambda_billed_ms: float | None = None
    """Their duration, each rounded up to a millisecond, with the initialisation of environments (PR-8)."""


@dataclass(frozen=True)
class CostItem:
    """One line of the bill."""

    service: str
    name: str
    amount: float
    """Of this run."""
    unit: str
    run_usd: float
    month_usd: float | None = None
    """Were this load to go on for a month; None for runs that are no load."""
    basis: str = ""
    """Where the amount comes from: the record, or an assumption."""


@dataclass(frozen=True)
class MessageCost:
    """One broadcast to so many connections."""

    connections: int
    usd: float


@dataclass(frozen=True)
class Cost:
    """A run at list prices."""

    region: str
    as_of: str
    """Date of the price table."""
    items: tuple[CostItem, ...]
    run_usd: float
    month_usd: float | None = None
    per_message: tuple[MessageCost, ...] = ()
    """What one broadcast costs at this run's number of connections, and at larger ones."""
    assumptions: tuple[str, ...] = ()
    """A sentence for each figure that the record does not hold."""
    warnings: tuple[str, ...] = ()
