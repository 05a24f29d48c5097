"""How much a backend bears: the stages of a capacity search, held one by one against their limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from .gates import Gate, GateRow, judge_gates
from .metrics import OwedPairs, latency
from .results import Capacity, Delivery, Results, Stage


@dataclass(frozen=True)
class Window:
    """A stage that was tried. Times in nanoseconds; messages intended between them are its own."""

    users: int
    since_ns: int
    until_ns: int
    begun_ns: int
    """When its users began to arrive, and …"""
    ended_ns: int
    """… when its last messages were due."""
    broken: str = ""
    """What the load generator saw break while it ran; empty where nothing did."""


@dataclass(frozen=True)
class Search:
    """What a search has tried."""

    windows: Sequence[Window]
    ended: bool
    """Whether it had come to its answer, and was not stopped before."""


def capacity(
    windows: Sequence[Window],
    pairs_of: Callable[[Window], OwedPairs],
    results: Results,
    gates: Sequence[Gate],
) -> Capacity:
    """What held, by the record of each window. Without gates a stage holds if nothing was lost or late.

    A stage without evidence does not hold. The answer is the largest load that held below the least
    that did not.
    """
    stages = tuple(_stage(window, pairs_of(window), results, gates) for window in windows)
    broken = min((stage.users for stage in stages if not stage.held), default=None)
    held = [stage for stage in stages if stage.held and (broken is None or stage.users < broken)]
    best = max(held, key=lambda stage: stage.users, default=None)
    return Capacity(
        users=best.users if best else 0,
        messages_per_s=best.messages_per_s if best else 0.0,
        deliveries_per_s=best.deliveries_per_s if best else 0.0,
        broken_at=broken,
        stages=stages,
    )


def in_words(found: Capacity) -> str:
    """The answer in one sentence."""
    if not found.users:
        tried = f"none of the {len(found.stages)} loads tried held"
        return f"capacity: {tried if found.stages else 'no load was tried to its end'}"
    above = "no larger load was tried" if found.broken_at is None else f"{found.broken_at} did not hold"
    return (
        f"capacity: {found.users} users held, with {found.messages_per_s:.1f} messages/s and "
        f"{found.deliveries_per_s:,.0f} deliveries/s; {above}"
    )


def _stage(window: Window, pairs: OwedPairs, results: Results, gates: Sequence[Gate]) -> Stage:
    owed, delivered = int(pairs.recipients.sum()), int(pairs.delivered.sum())
    counts = Delivery(
        messages=int(pairs.owed().sum()),
        owed=owed,
        delivered=delivered,
        lost=owed - delivered,
        late=int(pairs.overdue.sum()),
    )
    found = replace(results, delivery=counts, latency_ms=latency(pairs, results.latency_ms.clock_error_ms))
    reason = _why_broken(found, gates, window.broken)
    seconds = max(1e-9, (window.until_ns - window.since_ns) / 1e9)
    return Stage(
        users=window.users,
        messages_per_s=counts.messages / seconds,
        deliveries_per_s=counts.delivered / seconds,
        delivery=counts,
        latency_ms=found.latency_ms,
        held=not reason,
        reason=reason,
    )


def _why_broken(found: Results, gates: Sequence[Gate], seen: str) -> str:
    """By the record, or by what was `seen` while it ran: that alone says why nothing was owed."""
    counts = found.delivery
    if not counts.owed:
        return seen or "nothing was owed"
    if gates:
        missed = [row for row in judge_gates(gates, found) if not row.met]
        return "; ".join(map(_missed, missed)) or seen
    wrong = [f"{n} {what}" for n, what in ((counts.lost, "lost"), (counts.late, "late")) if n]
    return f"{' and '.join(wrong)} of {counts.owed} deliveries" if wrong else seen


def _missed(row: GateRow) -> str:
    if row.observed is None:
        return row.rule
    return f"{row.rule}: {row.observed}{f' ({row.reason})' if row.reason else ''}"
