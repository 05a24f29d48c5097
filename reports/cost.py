"""What a run costs at list prices, and what its load would cost for a month; pure arithmetic.

What the record does not hold is an assumption with a default, and each is told with the figures.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from .billing import Cost, CostItem, MessageCost, Traffic
from .figures import count, duration, milliseconds, usd
from .prices import Price, Prices
from .results import FanOut, Results

MONTH_S = 730 * 3600.0
"""A month as AWS's own estimates have it."""

_READ_BYTES = 8 * 1024
"""What one read unit reads with eventual consistency (PR-11)."""
_SCALES = (100, 1_000, 10_000, 100_000)
_GROWTH = 1.1
"""Times as dear is a message to twice as many connections, at least, to be worth a warning."""


@dataclass(frozen=True)
class Assumptions:
    """What the record of a run does not hold; every field can be set with `--assume NAME=VALUE`."""

    lambda_memory_mb: float = 512.0
    lambda_arm64: float = 0.0
    """1 for arm64 prices, 0 for x86."""
    connect_ms: float = 20.0
    """Duration of `$connect` and of `$disconnect`, where no log tells it."""
    broadcast_ms: float = 100.0
    """Duration of a broadcast's invocation, where neither a log nor the last recipient tells it."""
    row_bytes: float = 150.0
    """Size of a connection's row in the table."""
    scans_per_broadcast: float = 1.0
    """Whole reads of the table for each broadcast, eventually consistent; 0 for an app that reads none."""
    writes_per_connection: float = 2.0
    """Of one write unit each: a row is put and deleted."""

    def __post_init__(self) -> None:
        for f in fields(self):
            value = getattr(self, f.name)
            if not math.isfinite(value) or value < 0:
                raise ValueError(f"{f.name} must be a number from 0, not {value}")


def cost_of(results: Results, prices: Prices, assumed: Assumptions) -> Cost | None:
    """The bill of a run; None where nothing was counted that AWS would meter."""
    traffic = results.traffic
    if traffic is None or not traffic.connects:
        return None
    months = MONTH_S / results.duration_s if results.kind == "load" and results.duration_s > 0 else None
    bill = _Bill(traffic, prices, assumed, _broadcast_ms(results, assumed), months)
    items = tuple(bill.items())
    growth = _Growth(bill, results.fan_out)
    return Cost(
        region=prices.region,
        as_of=prices.as_of,
        items=items,
        run_usd=sum(item.run_usd for item in items),
        month_usd=None if months is None else sum(item.month_usd or 0 for item in items),
        per_message=growth.table(),
        assumptions=tuple(_assumptions(bill, results)),
        warnings=growth.warnings(),
    )


def usd_of(traffic: Traffic, prices: Prices, assumed: Assumptions) -> float:
    """The same for traffic that is only expected: the sum alone."""
    bill = _Bill(traffic, prices, assumed, assumed.broadcast_ms, None)
    return sum(item.run_usd for item in bill.items())


def _broadcast_ms(results: Results, assumed: Assumptions) -> float:
    """A broadcasting function lives about until its last recipient has heard."""
    last = results.latency_ms.last.p50
    return assumed.broadcast_ms if last is None else last


@dataclass(frozen=True)
class _Bill:
    traffic: Traffic
    prices: Prices
    assumed: Assumptions
    broadcast_ms: float
    months: float | None
    """How many such runs fill a month."""

    def items(self) -> Iterator[CostItem]:
        """Every line, each with the basis of its amount."""
        t, p = self.traffic, self.prices
        gateway, compute, table = "API Gateway", "Lambda", "DynamoDB"
        recorded, assumed = "recorded", "assumed"
        logged = recorded if t.lambda_requests is not None else assumed
        rows = (
            (gateway, "messages from clients", t.units_in, "of 32 KB", p.websocket_message, recorded),
            (gateway, "messages to clients", t.units_out, "of 32 KB", p.websocket_message, recorded),
            (gateway, "connection minutes", t.connection_minutes, "minutes", p.connection_minute, recorded),
            (compute, "requests", self.requests, "invocations", p.lambda_request, logged),
            (compute, "duration", self.gb_seconds, "GB-s", self.gb_second, logged),
            (table, "reads of the Scans", self.scan_units, "read units", p.read_unit, assumed),
            (table, "writes of rows", self.write_units, "write units", p.write_unit, assumed),
            (table, "the harness's own reads", t.table_reads, "read units", p.read_unit, recorded),
            (table, "the harness's own writes", t.table_writes, "write units", p.write_unit, recorded),
            ("Internet", "data to clients", t.bytes_out / 1e9, "GB", p.gigabyte_out, recorded),
        )
        for service, name, amount, unit, price, basis in rows:
            month = None if self.months is None else price.of(amount * self.months)
            yield CostItem(service, name, float(amount), unit, price.of(amount), month, basis)

    @property
    def requests(self) -> float:
        """One invocation a handshake, a leaving and a message, where no log tells."""
        t = self.traffic
        return t.lambda_requests if t.lambda_requests is not None else t.connects + t.leaves + t.messages_in

    @property
    def gb_seconds(self) -> float:
        t = self.traffic
        if t.lambda_billed_ms is not None:
            return self._gb_seconds(t.lambda_billed_ms)
        comings = (t.connects + t.leaves) * math.ceil(self.assumed.connect_ms)
        return self._gb_seconds(comings + t.messages_in * math.ceil(self.broadcast_ms))

    @property
    def gb_second(self) -> Price:
        arm = self.assumed.lambda_arm64
        return self.prices.lambda_gb_second_arm64 if arm else self.prices.lambda_gb_second

    @property
    def scan_units(self) -> float:
        return self.traffic.broadcasts * self.scan(self.traffic.open_at_broadcast)

    @property
    def write_units(self) -> float:
        return self.traffic.connects * self.assumed.writes_per_connection

    def scan(self, rows: float) -> float:
        """Read units of the Scans of one broadcast: half a unit for each 4 KB begun (PR-11, PR-12)."""
        half_units = max(1, math.ceil(rows * self.assumed.row_bytes / (_READ_BYTES / 2)))
        return self.assumed.scans_per_broadcast * half_units / 2

    def _gb_seconds(self, billed_ms: float) -> float:
        return billed_ms / 1000 * self.assumed.lambda_memory_mb / 1024

    def duration_usd(self, ms: float) -> float:
        """One invocation of so many milliseconds."""
        return self.gb_second.of(self._gb_seconds(math.ceil(max(1.0, ms))))


@dataclass(frozen=True)
class _Growth:
    """What one broadcast costs against the number of connections."""

    bill: _Bill
    fan_out: FanOut

    def table(self) -> tuple[MessageCost, ...]:
        now = self.here
        if now == 0:
            return ()
        counts = (now, *(n for n in _SCALES if n > now))
        return tuple(MessageCost(n, sum(self._parts(n).values())) for n in counts)

    def warnings(self) -> tuple[str, ...]:
        """A sentence where a message gets dearer with every connection."""
        if self.here == 0:
            return ()
        here, most = self.here, max(10 * self.here, 1000)
        usd_here, usd_twice = (sum(self._parts(n).values()) for n in (here, 2 * here))
        if usd_twice < _GROWTH * usd_here:
            return ()
        parts = self._parts(most)
        shares = ", ".join(f"{name} {100 * part / sum(parts.values()):.0f} %" for name, part in parts.items())
        return (
            f"The cost of one message grows with the number of connections: {usd(usd_here)} at "
            f"{count(here)} connections, {usd(sum(parts.values()))} at {count(most)} ({shares}). Where every "
            "connection speaks as often as here, the bill grows with the square of their number.",
        )

    @property
    def here(self) -> int:
        """Connections open at a broadcast of this run; 0 when there was no broadcast."""
        return round(self.bill.traffic.open_at_broadcast) if self.bill.traffic.broadcasts else 0

    def _parts(self, connections: int) -> dict[str, float]:
        bill, traffic = self.bill, self.bill.traffic
        message = bill.prices.websocket_message
        heard = traffic.units_out / (traffic.broadcasts * traffic.open_at_broadcast)
        return {
            "messages from and to clients": message.of(1 + heard * connections),
            "Lambda": bill.prices.lambda_request.of(1) + bill.duration_usd(self._duration_ms(connections)),
            "Scan": bill.prices.read_unit.of(bill.scan(connections)),
        }

    def _duration_ms(self, connections: int) -> float:
        """By the fitted line where the run shows one; else it is taken not to grow."""
        slope, base = self.fan_out.per_recipient_ms, self.fan_out.base_ms
        error = self.fan_out.per_recipient_error_ms
        if slope is None or base is None or error is None or slope <= error:
            return self.bill.broadcast_ms
        return base + slope * connections


def _assumptions(bill: _Bill, results: Results) -> Iterator[str]:
    traffic, assumed = bill.traffic, bill.assumed
    yield "Free tiers, discounts, logs and taxes are left out; sizes are those of the payloads."
    yield (
        "Not charged here, since AWS does not say how it meters them (PR-6): handshakes, error answers of "
        "@connections, pings; minutes of a connection are not rounded up."
    )
    kind = "arm64" if assumed.lambda_arm64 else "x86"
    yield f"Lambda functions have {assumed.lambda_memory_mb:g} MB on {kind}."
    if traffic.lambda_billed_ms is None:
        known = results.latency_ms.last.p50 is not None
        source = "the median time to the last recipient" if known else "a default"
        yield (
            f"No log of the functions: $connect and $disconnect take {assumed.connect_ms:g} ms, a message "
            f"{milliseconds(bill.broadcast_ms)} ({source}), and each invokes one function."
        )
    else:
        yield "Invocations and their durations are those in the log of the local stack."
    yield (
        f"Each broadcast reads the whole table {assumed.scans_per_broadcast:g} times, eventually "
        f"consistent, at {assumed.row_bytes:g} bytes a connection; on average "
        f"{traffic.open_at_broadcast:.1f} were open."
    )
    yield f"Each connection costs {assumed.writes_per_connection:g} write units."
    if bill.months is not None:
        yield f"A month is 730 hours of what this run did in {duration(results.duration_s)}."
    region = str(results.target.get("region") or "")
    if region and region != bill.prices.region:
        yield f"The target is in {region}; prices are those of {bill.prices.region}."


def assumptions_with(settings: dict[str, float]) -> Assumptions:
    """The defaults with `settings` in their place. Raises ValueError, naming what is accepted."""
    names = [f.name for f in fields(Assumptions)]
    for name in settings:
        if name not in names:
            raise ValueError(f"nothing called {name!r} is assumed; accepted are {', '.join(names)}")
    return replace(Assumptions(), **settings)
