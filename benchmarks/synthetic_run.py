"""A run folder of as many deliveries as are asked for, with violations planted that a judge must find."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reports.history import (
    DELIVERY,
    KERNEL_TIME,
    ConnectEnded,
    ConnectStarted,
    Deliveries,
    Event,
    GeneratorHealth,
    LeaveStarted,
    Left,
    SendEnded,
    SendStarted,
)
from reports.history_writer import HistoryWriter
from reports.latency_counts import Nanoseconds
from reports.results import Delivery

STAYERS, JOINERS = 900, 100
"""Connections at a time; joiners live for a minute, and others come for them."""
BOUND_S = 5.0
"""The delivery bound that it is to be judged by."""

_S = 1_000_000_000
_BOUND_NS = round(BOUND_S * _S)
_EVERY_NS = _S // 20
_LIFE_NS = 60 * _S
_GAP_NS = _S
_FINAL = 5
_WINDOW = 200
"""Messages that are drawn together; their latest deliveries come with those of the windows after."""
_LATE_NS = 12 * _S
_TEXT = "x" * 100


@dataclass(frozen=True)
class _Lives:
    """One row a connection; stayers first, the others in the order in which they come."""

    opened_ns: Nanoseconds
    left_ns: Nanoseconds


def write_run(folder: Path, deliveries: int, seed: int = 1) -> Delivery:
    """Write the folder; what is to be found in it. Everything else that was owed came, once, in time."""
    messages = max(_WINDOW, deliveries // (STAYERS + JOINERS))
    writer = HistoryWriter(folder)
    start_ns = time.monotonic_ns()
    sent_ns = start_ns + 2 * _S + _EVERY_NS * np.arange(messages)
    lives = _lives(start_ns, int(sent_ns[-1]) + 20 * _S)
    for event in sorted([*_connects(lives), *_sends(sent_ns)], key=lambda event: event.at_ns):
        writer.write(event)
    found = Delivery(messages=messages)
    held = np.empty(0, DELIVERY)
    for drawn, counts in _windows(sent_ns, lives, np.random.default_rng(seed)):
        found = _sum(found, counts)
        held = np.concatenate((held, drawn))
        held = held[np.argsort(held["at_ns"])]
        ready = np.searchsorted(held["at_ns"], drawn["at_ns"].min())
        writer.deliveries(held[:ready])
        held = held[ready:]
    writer.deliveries(held)
    writer.close()
    return found


def _lives(start_ns: int, end_ns: int) -> _Lives:
    """Joiner n takes the place of joiner n - JOINERS, a second after that has left."""
    turns = -(-(end_ns - start_ns) // (_LIFE_NS + _GAP_NS))
    first = start_ns + 3 * _S + np.arange(JOINERS) * (_LIFE_NS // JOINERS)
    opened = (first[None, :] + np.arange(turns)[:, None] * (_LIFE_NS + _GAP_NS)).ravel()
    opened = opened[opened < end_ns]
    return _Lives(
        np.r_[np.full(STAYERS, start_ns + _S), opened],
        np.r_[np.full(STAYERS, end_ns), np.minimum(end_ns, opened + _LIFE_NS)],
    )


def _connects(lives: _Lives) -> Iterator[Event]:
    for number, (opened_ns, left_ns) in enumerate(zip(lives.opened_ns, lives.left_ns, strict=True)):
        group = "stayer" if number < STAYERS else "joiner"
        yield ConnectStarted(int(opened_ns) - 1_000_000, number, group)
        yield ConnectEnded(int(opened_ns), number, "ok", status=101)
        yield LeaveStarted(int(left_ns), number, "close")
        yield Left(int(left_ns) + 1_000_000, number, 1000)


def _sends(sent_ns: Nanoseconds) -> Iterator[Event]:
    for number, at_ns in enumerate(sent_ns.tolist()):
        part = "final" if number >= len(sent_ns) - _FINAL else "main"
        intended_ns = at_ns - 50_000
        yield SendStarted(at_ns, number, number % STAYERS, intended_ns, f"churn/{part}", len(_TEXT), _TEXT)
        yield SendEnded(at_ns + 100_000, number, "ok")
        if number % 20 == 0:
            yield GeneratorHealth(at_ns, 100_000, cpu=0.3)


def _windows(
    sent_ns: Nanoseconds, lives: _Lives, generator: np.random.Generator
) -> Iterator[tuple[Deliveries, Delivery]]:
    """The deliveries of each window of messages, with three violations in it."""
    for start in range(0, len(sent_ns), _WINDOW):
        sent = sent_ns[start : start + _WINDOW, None]
        there = np.flatnonzero((lives.opened_ns <= sent[-1]) & (lives.left_ns >= sent[0] + _BOUND_NS))
        owed = (lives.opened_ns[there] <= sent) & (lives.left_ns[there] >= sent + _BOUND_NS)
        place, column = np.nonzero(owed)
        rows = np.zeros(len(place), DELIVERY)
        rows["message"], rows["connection"] = place + start, there[column]
        latency_ns = np.minimum(generator.lognormal(np.log(4e7), 0.8, len(rows)), 3e9)
        rows["at_ns"] = sent[place, 0] + latency_ns.astype(np.int64)
        rows["flags"] = KERNEL_TIME
        lost, late, twice = generator.choice(np.flatnonzero(rows["connection"] < STAYERS), 3, replace=False)
        rows["at_ns"][late] += _LATE_NS
        again = rows[[twice]]
        again["at_ns"] += 2 * _LATE_NS
        counts = Delivery(owed=len(rows), delivered=len(rows) - 1, lost=1, late=1, duplicated=1)
        yield np.concatenate((np.delete(rows, lost), again)), counts


def _sum(one: Delivery, other: Delivery) -> Delivery:
    return Delivery(
        messages=one.messages,
        owed=one.owed + other.owed,
        delivered=one.delivered + other.delivered,
        lost=one.lost + other.lost,
        late=one.late + other.late,
        duplicated=one.duplicated + other.duplicated,
    )
