"""Who should have heard what, and who did: every pair of message and connection, judged.

A connection is certainly a member from the end of its handshake to the start of its leaving. A pair is

owed
    if the connection was certainly a member from before the send started until the delivery bound
    had passed, and the send is known to have been accepted. Only owed pairs can be lost or late;
must not
    if the connection began its handshake after the bound had passed, or is the sender of an
    application that does not echo. Receiving one is a leak;
may
    otherwise.

Where sender and connection were timed by clocks of different hosts, what their times say of each other
holds only if it holds by more than those clocks may be wrong; a pair that hangs on less is `may`.

Pure: arrays in, arrays out. Messages are taken in chunks of their start time, each against the
connections alive around it and the pieces of the record that tell of it, so that time grows with the
number of pairs and memory does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from reports.delivery_log import DeliveryLog, Ids
from reports.history_reader import History, Message
from reports.latency_counts import LatencyCounts
from reports.metrics import LOST, OwedPairs, axis_of
from reports.results import Delivery

from .clock_doubt import ClockDoubt
from .contract import Bounds, Contract
from .received import Received, received_of

Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]

NEVER = np.iinfo(np.int64).max
_CELLS = 1 << 17
"""Pairs of one chunk, whose columns are to stay in the processor's cache."""
_MESSAGES = 1 << 12
"""Of one chunk, at most."""


@dataclass(frozen=True)
class Pairs:
    """Pairs as two columns: place in `Judgement.messages`, number of the connection."""

    message: Ints
    connection: Ints

    def __len__(self) -> int:
        return len(self.message)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.message.tolist(), self.connection.tolist(), strict=True)


@dataclass(frozen=True)
class Ears:
    """Whose hearing is judged: pairs of others are neither owed nor counted as lost or duplicated."""

    numbers: frozenset[int] | None = None
    """Of these connections only; None for all."""
    own: bool | None = None
    """True: of each message's sender only; False: of everybody else only."""


EVERYBODY = Ears()


@dataclass(frozen=True)
class Judgement:
    """Every pair of the selected messages, judged. Times in nanoseconds."""

    messages: list[Message]
    counts: Delivery
    lost: Pairs
    late: Pairs
    duplicated: Pairs
    corrupted: Pairs
    leaked: Pairs
    owed_per_message: Ints
    delivered_per_message: Ints
    first_ns: Ints
    """Latency to the first owed recipient, -1 where nobody owed received it."""
    last_ns: Ints
    owed_per_connection: Ints
    delivered_per_connection: Ints
    timed: OwedPairs | None
    """What `pairs` returns, if it was counted."""
    unattributed: int
    """Deliveries of messages that no history of this run has sent."""

    @property
    def pairs(self) -> OwedPairs:
        """How long the owed pairs took. Raises RuntimeError when that was not counted."""
        if self.timed is None:
            raise RuntimeError("latencies were not counted: judge with `timed`")
        return self.timed

    def deaf(self, *, at_least: int) -> list[int]:
        """Connections owed `at_least` messages or more that heard none of them."""
        deaf = (self.owed_per_connection >= at_least) & (self.delivered_per_connection == 0)
        return [int(number) for number in np.flatnonzero(deaf)]


def judge(
    history: History,
    contract: Contract,
    bounds: Bounds,
    select: Callable[[Message], bool] = lambda _: True,
    ears: Ears = EVERYBODY,
    *,
    timed: bool = True,
) -> Judgement:
    """Judge the deliveries of the messages that `select` takes; mischief is owed to nobody and left out.

    Without `timed` the latencies of pairs are not counted.
    """
    messages = [m for m in history.messages if select(m) and not m.group.startswith("mischief/")]
    bound_ns = int(bounds.deliver_s * 1e9)
    members, sent, doubt = _Members(history), _Sent(messages), ClockDoubt(history, messages)
    tally = _Tally(history, messages, timed=timed)
    for chunk in _chunks(history.deliveries, sent, members, bound_ns):
        tally.add(chunk, sent, members, contract, bound_ns, ears, doubt)
    return tally.judgement(_unattributed(history))


def _unattributed(history: History) -> int:
    heard = history.deliveries
    known = np.isin(heard.messages, np.array([m.id for m in history.messages], np.uint64))
    return int(heard.copies[~known].sum())


class _Members:
    """Membership windows of all connections as columns."""

    def __init__(self, history: History) -> None:
        connections = history.connections
        self.opening = np.array([c.opening_ns for c in connections], np.int64)
        self.opened = np.array([NEVER if c.opened_ns is None else c.opened_ns for c in connections], np.int64)
        # What was still open when the record ends was a member until then, and not known to be later.
        self.until = np.array(
            [history.end_ns if c.leaving_ns is None else c.leaving_ns for c in connections], np.int64
        )
        self.gone = np.array([NEVER if c.left_ns is None else c.left_ns for c in connections], np.int64)


class _Sent:
    """The selected messages as columns, in the order of their start."""

    def __init__(self, messages: list[Message]) -> None:
        self.id: Ids = np.array([m.id for m in messages], np.uint64)
        self.started = np.array([m.started_ns for m in messages], np.int64)
        self.intended = np.array([m.intended_ns for m in messages], np.int64)
        self.sender = np.array([m.sender for m in messages], np.int64)
        self.ok: Flags = np.array([m.outcome == "ok" for m in messages], np.bool_)


@dataclass(frozen=True)
class _Chunk:
    """Messages `start` to `stop` (places) against the connections alive around them or hearing of them."""

    start: int
    stop: int
    connections: Ints
    received: Received

    @property
    def shape(self) -> tuple[int, int]:
        return self.stop - self.start, len(self.connections)


def _chunks(deliveries: DeliveryLog, sent: _Sent, members: _Members, bound_ns: int) -> Iterator[_Chunk]:
    total, start = len(sent.started), 0
    come = np.searchsorted(np.sort(members.opening), sent.started + bound_ns, side="right")
    gone = np.searchsorted(np.sort(members.gone), sent.started)
    while start < total:
        width = come[start : start + _MESSAGES] - gone[start]
        fitting = np.searchsorted(width * np.arange(1, len(width) + 1), _CELLS, side="right")
        stop = start + max(1, int(fitting))
        earliest, latest = int(sent.started[start]), int(sent.started[stop - 1]) + bound_ns
        received = received_of(deliveries, sent.id[start:stop])
        concerned = (members.opening <= latest) & (members.gone >= earliest)
        concerned[received.connection] = True
        yield _Chunk(start, stop, np.flatnonzero(concerned).astype(np.int64), received)
        start = stop


class _Tally:
    """Adds up the chunks."""

    def __init__(self, history: History, messages: list[Message], *, timed: bool) -> None:
        self._messages = messages
        self._pairs: dict[str, list[tuple[Ints, Ints]]] = {
            name: [] for name in ("lost", "late", "duplicated", "corrupted", "leaked")
        }
        self._owed_of = np.zeros(len(messages), np.int64)
        self._delivered_of = np.zeros(len(messages), np.int64)
        self._overdue_of = np.zeros(len(messages), np.int64)
        self._first = np.full(len(messages), -1, np.int64)
        self._last = np.full(len(messages), -1, np.int64)
        self._owed_by = np.zeros(len(history.connections), np.int64)
        self._delivered_by = np.zeros(len(history.connections), np.int64)
        self._axis = axis_of(history.headers[0].monotonic_ns, history.end_ns)
        self._latencies = LatencyCounts(self._axis.bins) if timed else None
        self._may = 0

    def add(
        self,
        chunk: _Chunk,
        sent: _Sent,
        members: _Members,
        contract: Contract,
        bound_ns: int,
        ears: Ears,
        doubt: ClockDoubt,
    ) -> None:
        span = slice(chunk.start, chunk.stop)
        arrived, copies, corrupt = _grid(chunk, len(members.opened))
        started = sent.started[span, None]
        unsure = doubt.between(span, chunk.connections)
        due = started + bound_ns + unsure
        is_sender = sent.sender[span, None] == chunk.connections[None, :]
        wanted = ~is_sender if not contract.echo_to_sender else np.ones(chunk.shape, np.bool_)
        judged = _judged(ears, chunk.connections, is_sender)
        came = copies > 0
        # A frame written to the socket of a sender who then leaves may never have been read by the
        # gateway; that somebody heard the message proves that it was.
        stayed = members.until[sent.sender[span]] >= sent.started[span] + bound_ns
        owed = (
            (members.opened[chunk.connections][None, :] <= started - unsure)
            & (members.until[chunk.connections][None, :] >= due)
            & ((sent.ok[span] & stayed) | came.any(axis=1))[:, None]
            & wanted
            & judged
        )
        forbidden = (members.opening[chunk.connections][None, :] > due) | ~wanted
        delivered = owed & came
        self._note("lost", chunk, owed & ~came)
        self._note("late", chunk, delivered & (arrived > due))
        self._note("duplicated", chunk, (copies > 1) & judged)
        self._note("corrupted", chunk, corrupt)
        self._note("leaked", chunk, came & forbidden)
        self._may += int((came & judged & ~owed & ~forbidden).sum())
        self._count(chunk, owed, delivered)
        self._time(chunk, sent.intended[span], delivered, arrived, bound_ns)

    def _note(self, name: str, chunk: _Chunk, which: Flags) -> None:
        if which.any():
            row, column = np.nonzero(which)
            self._pairs[name].append((row.astype(np.int64) + chunk.start, chunk.connections[column]))

    def _count(self, chunk: _Chunk, owed: Flags, delivered: Flags) -> None:
        span = slice(chunk.start, chunk.stop)
        self._owed_of[span] = owed.sum(axis=1)
        self._delivered_of[span] = delivered.sum(axis=1)
        self._owed_by[chunk.connections] += owed.sum(axis=0)
        self._delivered_by[chunk.connections] += delivered.sum(axis=0)

    def _time(self, chunk: _Chunk, intended: Ints, delivered: Flags, arrived: Ints, bound_ns: int) -> None:
        if not delivered.any():
            return
        span = slice(chunk.start, chunk.stop)
        # Clocks of different hosts may let a message come before it was sent.
        latency = arrived - intended[:, None]
        np.maximum(latency, 0, out=latency)
        heard = delivered.any(axis=1)
        first = np.where(delivered, latency, NEVER).min(axis=1)
        last = np.where(delivered, latency, -1).max(axis=1)
        self._first[span] = np.where(heard, first, -1)
        self._last[span] = np.where(heard, last, -1)
        if self._latencies is not None:
            self._overdue_of[span] = (delivered & (latency > bound_ns)).sum(axis=1)
            bins = np.repeat(self._axis.of(intended), delivered.sum(axis=1))
            self._latencies.add(bins, latency[delivered])

    def judgement(self, unattributed: int) -> Judgement:
        pairs = {name: _joined(parts) for name, parts in self._pairs.items()}
        delivered = int(self._delivered_of.sum())
        counts = Delivery(
            messages=len(self._messages),
            owed=int(self._owed_of.sum()),
            delivered=delivered,
            may=self._may,
            **{name: len(found) for name, found in pairs.items()},
        )
        return Judgement(
            messages=self._messages,
            counts=counts,
            owed_per_message=self._owed_of,
            delivered_per_message=self._delivered_of,
            first_ns=self._first,
            last_ns=self._last,
            owed_per_connection=self._owed_by,
            delivered_per_connection=self._delivered_by,
            timed=self._timed(),
            unattributed=unattributed,
            **pairs,
        )

    def _timed(self) -> OwedPairs | None:
        if self._latencies is None:
            return None
        return OwedPairs(
            np.array([message.intended_ns for message in self._messages], np.int64),
            self._owed_of,
            self._delivered_of,
            self._overdue_of,
            np.where(self._delivered_of > 0, self._first, LOST),
            np.where(self._delivered_of == self._owed_of, self._last, LOST),
            self._axis,
            self._latencies,
        )


def _judged(ears: Ears, connections: Ints, is_sender: Flags) -> Flags:
    """Which pairs of the chunk `ears` take."""
    taken = is_sender if ears.own else ~is_sender if ears.own is False else np.ones_like(is_sender)
    if ears.numbers is None:
        return taken
    return taken & np.isin(connections, np.array(sorted(ears.numbers), np.int64))[None, :]


def _grid(chunk: _Chunk, connections: int) -> tuple[Ints, Ints, Flags]:
    """First arrival, number of copies and damage of each pair of the chunk."""
    received = chunk.received
    column_of = np.zeros(connections, np.int64)
    column_of[chunk.connections] = np.arange(len(chunk.connections))
    size = chunk.shape[0] * chunk.shape[1]
    cells = received.row * chunk.shape[1] + column_of[received.connection]
    copies = np.bincount(cells, minlength=size)
    arrived = np.full(size, NEVER, np.int64)
    np.minimum.at(arrived, cells, received.at_ns)
    corrupt = np.zeros(size, np.bool_)
    corrupt[cells[received.corrupt]] = True
    return arrived.reshape(chunk.shape), copies.reshape(chunk.shape), corrupt.reshape(chunk.shape)


def _joined(parts: list[tuple[Ints, Ints]]) -> Pairs:
    return Pairs(*_columns(parts))


def _columns(parts: list[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
