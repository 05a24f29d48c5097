"""What a conformance run will send, hear and look up, told before it starts: people pay for it.

Pure. The figures of the workloads that are always alike are those of recorded runs; what the churn
does stands in its plan. A test holds the whole against a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conformance.harness.plan import Abort, Burst, Close, Connect, Plan, Reconnect, Send, StopReading
from reports.billing import Traffic
from reports.cost import Assumptions, usd_of
from reports.figures import count, usd
from reports.prices import Prices


@dataclass(frozen=True)
class _Usual:
    """Of one workload, whatever the scale."""

    messages: int
    connects: int
    copies: int
    """Messages that come to clients."""
    table_reads: int = 0
    table_writes: int = 0


_USUAL: Mapping[str, _Usual] = {
    "bad messages": _Usual(38, 21, 311),
    "calm": _Usual(82, 10, 800, table_reads=4),
    "stale rows": _Usual(90, 63, 750, table_reads=900, table_writes=55),
    "departures": _Usual(24, 15, 480, table_reads=20),
    "interleavings": _Usual(34, 42, 1_100),
    "limits": _Usual(30, 105, 500, table_reads=10),
}
_LAST_ROUNDS = 5
"""Broadcasts to everybody who is left after the churn."""
_MINUTES_A_CONNECTION = 0.1


def expected_traffic(workloads: Iterable[str], plan: Plan, *, table: bool) -> Traffic:
    """About what the run will do; `table`: whether the harness may look into the connection table."""
    chosen = [*workloads]
    usual = [_USUAL[name] for name in chosen if name in _USUAL]
    churn = _churn(plan) if "churn" in chosen else _Usual(0, 0, 0)
    messages = sum(part.messages for part in (*usual, churn))
    copies = sum(part.copies for part in (*usual, churn))
    connects = sum(part.connects for part in (*usual, churn))
    return Traffic(
        messages_in=messages,
        units_in=messages,
        messages_out=copies,
        units_out=copies,
        connects=connects,
        leaves=connects,
        connection_minutes=connects * _MINUTES_A_CONNECTION + plan.stayers * plan.duration_s / 60,
        broadcasts=messages,
        open_at_broadcast=copies / max(1, messages),
        table_reads=sum(part.table_reads for part in usual) if table else 0,
        table_writes=sum(part.table_writes for part in usual) if table else 0,
    )


def told(traffic: Traffic, prices: Prices) -> str:
    """The expectation and what it costs at list prices, in one line."""
    rows = f", {_about(traffic.table_reads)} table reads" if traffic.table_reads else ""
    cost = usd(usd_of(traffic, prices, Assumptions()))
    return (
        f"expected: {_about(traffic.messages_in)} messages in, {_about(traffic.messages_out)} out, "
        f"{_about(traffic.connects)} connections, {traffic.connection_minutes:.0f} connection minutes{rows}; "
        f"about {cost} at list prices ({prices.region}, {prices.as_of}), and what others on this API hear"
    )


def _about(number: int) -> str:
    """Two digits of it: it is an expectation."""
    step = max(1, 10 ** (len(str(number)) - 2))
    return count(round(number / step) * step)


def _churn(plan: Plan) -> _Usual:
    """Action by action, and what follows the last one."""
    messages = copies = connects = 0
    there = plan.stayers
    for action in plan.actions:
        match action:
            case Connect() | Reconnect():
                there, connects = there + 1, connects + 1
            case Close() | Abort() | StopReading():
                there -= 1
            case Send() | Burst():
                said = action.count if isinstance(action, Burst) else 1
                messages, copies = messages + said, copies + said * there
    # Each is asked for its id, and is answered.
    return _Usual(
        messages + there + _LAST_ROUNDS, plan.stayers + connects, copies + there + _LAST_ROUNDS * there
    )
