"""When a connection has lived too long: ten minutes without a message, two hours in all (LM-3, LM-4)."""

from __future__ import annotations

from typing import Literal

IDLE_LIMIT_S = 600.0
IDLE_LATENESS_S = 3.9
"""AWS notices that a connection is idle some seconds late (LM-16)."""
DURATION_LIMIT_S = 7200.0


def next_deadline(connected_at: float, last_active: float) -> float:
    """Return the time at which the connection ends unless a message comes first; all on one clock."""
    return min(last_active + IDLE_LIMIT_S + IDLE_LATENESS_S, connected_at + DURATION_LIMIT_S)


def expiry(connected_at: float, last_active: float, now: float) -> Literal["idle", "duration"] | None:
    """Return the limit that has been reached at `now`, the longer one first."""
    if now >= connected_at + DURATION_LIMIT_S:
        return "duration"
    if now >= last_active + IDLE_LIMIT_S + IDLE_LATENESS_S:
        return "idle"
    return None
