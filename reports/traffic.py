"""Counts in a run's history what AWS meters."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from .billing import Traffic
from .history import MISCHIEF
from .history_figures import connection_times
from .history_reader import History, Message
from .metrics import STILL_OPEN, ConnectionTimes

_UNIT_BYTES = 32 * 1024
"""API Gateway meters messages in increments of 32 KB (PR-1)."""


def traffic_of(history: History) -> Traffic:
    """What the run sent, heard, held open and read.

    Sizes are those of the payloads: the JSON around them is not recorded.
    """
    sizes_in = np.array([message.size for message in history.messages], np.int64)
    sizes_out, copies = _delivered_sizes(history)
    others = np.array([frame.size for frame in history.frames if frame.corrupt_of is None], np.int64)
    times = connection_times(history.connections)
    broadcasts = [m for m in history.messages if not m.group.startswith(MISCHIEF) and m.outcome != "failed"]
    return Traffic(
        messages_in=len(sizes_in),
        units_in=int(_units(sizes_in).sum()),
        messages_out=int(copies.sum()) + len(others),
        units_out=int((_units(sizes_out) * copies).sum() + _units(others).sum()),
        bytes_out=int((sizes_out * copies).sum() + others.sum()),
        connects=len(history.connections),
        leaves=int((times.left_ns != STILL_OPEN).sum()),
        connection_minutes=_minutes(times, history.end_ns),
        broadcasts=len(broadcasts),
        open_at_broadcast=_open_at(broadcasts, times),
        table_reads=len(history.rows),
        table_writes=len(history.planted),
    )


def with_invocations(traffic: Traffic, stack_log: Iterable[str]) -> Traffic:
    """`traffic` with the invocations that the log of a local stack reports, if it reports any.

    Each is billed rounded up to a millisecond, and so is the initialisation of each environment (PR-8).
    """
    requests, billed_ms = 0, 0
    for line in stack_log:
        if found := _REPORT.match(line):
            requests += 1
            billed_ms += math.ceil(float(found[1]))
        elif found := _INIT.match(line):
            billed_ms += math.ceil(float(found[1]))
    return replace(traffic, lambda_requests=requests, lambda_billed_ms=billed_ms) if requests else traffic


_REPORT = re.compile(r"^\[\S+ [0-9a-f]+\] REPORT RequestId: \S+  Duration: ([0-9.]+) ms")
_INIT = re.compile(r"^\[\S+\] INIT Duration: ([0-9.]+) ms")


def _delivered_sizes(history: History) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The payload's size of each message that was heard, and how often it was; a damaged copy counts with
    the size of its original."""
    size_of = {message.id: message.size for message in history.messages}
    heard = history.deliveries
    sizes = [size_of.get(message, 0) for message in heard.messages.tolist()]
    return np.array(sizes, np.int64), heard.copies


def _units(sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Of each; an empty message counts as one unit."""
    return np.maximum(1, -(-sizes // _UNIT_BYTES))


def _minutes(times: ConnectionTimes, end_ns: int) -> float:
    left = np.minimum(times.left_ns, end_ns)
    return float(np.maximum(0, left - times.opened_ns).sum() / 60e9)


def _open_at(messages: list[Message], times: ConnectionTimes) -> float:
    if not messages:
        return 0.0
    sent = np.array([message.started_ns for message in messages], np.int64)
    opened = np.searchsorted(np.sort(times.opened_ns), sent, side="right")
    left = np.searchsorted(np.sort(times.left_ns), sent, side="right")
    return float((opened - left).mean())
