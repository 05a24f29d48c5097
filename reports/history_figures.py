"""Figures that a history shows by itself, without being judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from .delivery_log import DeliveryLog
from .history import Phase
from .history_reader import Connection, History
from .metrics import STILL_OPEN, ConnectionTimes
from .results import PhaseSpan


def connection_times(connections: Iterable[Connection]) -> ConnectionTimes:
    """When connections opened and left; those whose handshake failed are left out."""
    opened = [c for c in connections if c.opened_ns is not None]
    left = (c.left_ns if c.left_ns is not None else c.leaving_ns for c in opened)
    return ConnectionTimes(
        np.array([c.opened_ns for c in opened], np.int64),
        np.array([STILL_OPEN if at is None else at for at in left], np.int64),
    )


def handshakes(connections: Iterable[Connection]) -> dict[str, int]:
    """Handshakes by HTTP status, or by outcome where no answer came."""
    return _tally(c.connect_outcome if c.status is None else str(c.status) for c in connections)


def close_codes(connections: Iterable[Connection]) -> dict[str, int]:
    """Connections that left, by close code; `abort` and `half-open` for our own ways without a close
    frame, `none` for no close frame of the other side's."""
    left = (c for c in connections if c.leaving_ns is not None or c.left_ns is not None)
    return _tally(_way_out(c) for c in left)


def _way_out(connection: Connection) -> str:
    if connection.how in ("abort", "half-open"):
        return connection.how
    return "none" if connection.code is None else str(connection.code)


def receive_times(deliveries: DeliveryLog) -> str:
    """What the times of the deliveries are, in words: those of reads are later than the arrivals."""
    if not len(deliveries):
        return "nothing was received"
    share = deliveries.kernel_timed / len(deliveries)
    if share == 0:
        return "when the load generator read them, which may be later than they came"
    if deliveries.kernel_timed == len(deliveries):
        return "the kernel's (SO_TIMESTAMPNS)"
    return f"the kernel's (SO_TIMESTAMPNS) for {share:.1%}; of the others, at the latest"


def phase_spans(history: History, start_ns: int) -> tuple[PhaseSpan, ...]:
    """The phases, each until the next one begins, in seconds from `start_ns`."""
    phases = sorted(history.phases, key=lambda phase: phase.at_ns)
    ends = [*(phase.at_ns for phase in phases[1:]), max(history.end_ns, start_ns)]
    return tuple(_span(phase, end, start_ns) for phase, end in zip(phases, ends, strict=False))


def _span(phase: Phase, end_ns: int, start_ns: int) -> PhaseSpan:
    return PhaseSpan(
        phase.workload, phase.name, (phase.at_ns - start_ns) / 1e9, max(0, end_ns - start_ns) / 1e9
    )


def _tally(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))
