"""What a backend promises, where correct backends differ: switches of the target file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Guarantee: TypeAlias = Literal["at-most-once", "at-least-once"]
Order: TypeAlias = Literal["none", "per-sender"]
UnknownAction: TypeAlias = Literal["error-frame", "ignored"]
Throttled: TypeAlias = Literal["retry-or-report", "drop"]


@dataclass(frozen=True, slots=True)
class Contract:
    """The `[contract]` section (and `unknown_action` of `[message]`); defaults are the reference's."""

    echo_to_sender: bool = True
    """The sender of a broadcast hears it too."""
    delivery: Guarantee = "at-most-once"
    order: Order = "none"
    """AWS promises no order (RT-38, RT-39): `per-sender` is the backend's own promise."""
    unknown_action: UnknownAction = "error-frame"
    """Answer to a message that no route takes: an error frame (RT-20), or nothing."""
    on_throttle: Throttled = "retry-or-report"
    """What becomes of a post answered 429 (MG-17): tried again, or its sender told; or lost, and said so."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that a conformant backend may need, in seconds: the `[bounds]` section."""

    deliver_s: float = 5.0
    """From the acceptance of a message to its last delivery."""
    cleanup_s: float = 10.0
    """From the end of a connection to the removal of its row."""
    stale_s: float = 15.0
    """From the first broadcast that meets a stale row to the row's removal."""
    connect_s: float = 29.0
    """How long `$connect` may run (LM-7). Until then a 410 does not prove a row stale (RC-1, RC-3), so a
    backend that learns of an end by a 410 alone may wait so long before `stale_s` begins."""
