"""Who should have heard what, and who did: every pair of message and connection, judged.

A connection is certainly a member from the end of its handshake to the start of its leaving. A pair is

owed
    if the connection was certainly a member from before the send started until the delivery bound
    had passed, and the send is known to have been accepted. Only owed pairs can be lost or late;
must not
    if the connection began its handshake after the bound had passed, or is the sender of an
    application that does not echo, or the message was sent by nobody. Receiving one is a leak;
may
    otherwise.

Pure: arrays in, arrays out. Messages are taken in chunks of their start time, each against the
connections alive around it, so that time grows with the number of pairs and memory does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from reports.history import CORRUPT
from reports.history_reader import History, Message
from reports.metrics import LOST, OwedPairs
from reports.results import Delivery

from .contract import Bounds, Contract

Ints: TypeAlias = npt.NDArray[np.int64]
Places: TypeAlias = npt.NDArray[np.int32]
"""Of messages, in columns as long as all deliveries."""
Flags: TypeAlias = npt.NDArray[np.bool_]

NEVER = np.iinfo(np.int64).max
_CELLS = 1 << 20
"""Pairs of one chunk; about 40 MB of working memory."""


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
    """What `pairs` returns, if it was kept."""
    unattributed: int
    """Deliveries of messages that no history of this run has sent."""

    @property
    def pairs(self) -> OwedPairs:
        """Every owed pair with its latency; lost ones too. Raises RuntimeError when it was not kept."""
        if self.timed is None:
            raise RuntimeError("the latencies of single pairs were not kept: judge with `timed`")
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

    Without `timed` the latencies of single pairs are not kept: 24 bytes for each.
    """
    messages = [m for m in history.messages if select(m) and not m.group.startswith("mischief/")]
    bound_ns = int(bounds.deliver_s * 1e9)
    members = _Members(history)
    received, unattributed = _received(history, messages)
    sent = _Sent(messages, members, received, bound_ns)
    tally = _Tally(messages, members, timed=timed)
    for chunk in _chunks(sent, received, members, bound_ns):
        tally.add(chunk, received, sent, members, contract, bound_ns, ears)
    return tally.judgement(unattributed)


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

    def __init__(
        self, messages: list[Message], members: _Members, received: _Received, bound_ns: int
    ) -> None:
        self.started = np.array([m.started_ns for m in messages], np.int64)
        self.intended = np.array([m.intended_ns for m in messages], np.int64)
        self.sender = np.array([m.sender for m in messages], np.int64)
        ok = np.array([m.outcome == "ok" for m in messages], np.bool_)
        stayed = (
            members.until[self.sender] >= self.started + bound_ns if len(messages) else np.zeros(0, np.bool_)
        )
        witnessed = np.bincount(received.place, minlength=len(messages)) > 0
        # A frame written to the socket of a sender who then leaves may never have been read by the
        # gateway; that somebody heard the message proves that it was.
        self.accepted = (ok & stayed) | witnessed


@dataclass(frozen=True)
class _Received:
    """Deliveries of the selected messages, ordered by message, then as they came."""

    place: Places
    connection: npt.NDArray[np.uint32]
    at_ns: Ints
    corrupt: Flags


def _received(history: History, messages: list[Message]) -> tuple[_Received, int]:
    """Copies of one broadcast come together: what is looked up and sorted are runs of them, not rows."""
    deliveries = history.deliveries
    message = np.asarray(deliveries["message"])
    starts = np.flatnonzero(np.r_[len(message) > 0, message[1:] != message[:-1]])
    lengths = np.diff(np.r_[starts, len(message)])
    known = np.isin(message[starts], np.array([m.id for m in history.messages], np.uint64))
    place = _places(message[starts], messages)
    mine = np.flatnonzero(place >= 0)
    order = mine[np.argsort(place[mine], kind="stable")]
    rows = _spread(starts[order], lengths[order])
    return _Received(
        np.repeat(place[order].astype(np.int32), lengths[order]),
        deliveries["connection"][rows],
        deliveries["at_ns"][rows],
        (deliveries["flags"][rows] & CORRUPT) != 0,
    ), int(lengths[~known].sum())


def _places(ids: npt.NDArray[np.uint64], messages: list[Message]) -> Ints:
    """The place of each message among `messages`; -1 for those that are not there."""
    if not messages:
        return np.full(len(ids), -1, np.int64)
    theirs = np.array([m.id for m in messages], np.uint64)
    by_id = np.argsort(theirs)
    slot = np.minimum(np.searchsorted(theirs[by_id], ids), len(theirs) - 1)
    return np.where(theirs[by_id][slot] == ids, by_id[slot], -1).astype(np.int64)


def _spread(starts: Ints, lengths: Ints) -> Ints:
    """The rows of these runs, run after run."""
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(int(lengths.sum()))


@dataclass(frozen=True)
class _Chunk:
    """Messages `start` to `stop` (places) against the connections alive around them or hearing of them."""

    start: int
    stop: int
    connections: Ints


def _chunks(sent: _Sent, received: _Received, members: _Members, bound_ns: int) -> Iterator[_Chunk]:
    total = len(sent.started)
    size = max(1, _CELLS // max(1, len(members.opened)))
    for start in range(0, total, size):
        stop = min(total, start + size)
        earliest, latest = int(sent.started[start]), int(sent.started[stop - 1]) + bound_ns
        concerned = (members.opening <= latest) & (members.gone >= earliest)
        low, high = np.searchsorted(received.place, (start, stop))
        concerned[received.connection[low:high]] = True
        yield _Chunk(start, stop, np.flatnonzero(concerned).astype(np.int64))


class _Tally:
    """Adds up the chunks."""

    def __init__(self, messages: list[Message], members: _Members, *, timed: bool) -> None:
        self._messages = messages
        self._timed = timed
        self._pairs: dict[str, list[tuple[Ints, Ints]]] = {
            name: [] for name in ("lost", "late", "duplicated", "corrupted", "leaked")
        }
        self._owed_of = np.zeros(len(messages), np.int64)
        self._delivered_of = np.zeros(len(messages), np.int64)
        self._first = np.full(len(messages), -1, np.int64)
        self._last = np.full(len(messages), -1, np.int64)
        self._owed_by = np.zeros(len(members.opened), np.int64)
        self._delivered_by = np.zeros(len(members.opened), np.int64)
        self._owed_pairs: list[tuple[Places, Ints]] = []
        self._may = 0

    def add(
        self,
        chunk: _Chunk,
        received: _Received,
        sent: _Sent,
        members: _Members,
        contract: Contract,
        bound_ns: int,
        ears: Ears,
    ) -> None:
        span = slice(chunk.start, chunk.stop)
        shape = (chunk.stop - chunk.start, len(chunk.connections))
        arrived, copies, corrupt = _grid(chunk, received, len(members.opened))
        started = sent.started[span, None]
        is_sender = sent.sender[span, None] == chunk.connections[None, :]
        wanted = ~is_sender if not contract.echo_to_sender else np.ones(shape, np.bool_)
        judged = _judged(ears, chunk.connections, is_sender)
        owed = (
            (members.opened[chunk.connections][None, :] <= started)
            & (members.until[chunk.connections][None, :] >= started + bound_ns)
            & sent.accepted[span, None]
            & wanted
            & judged
        )
        forbidden = (members.opening[chunk.connections][None, :] > started + bound_ns) | ~wanted
        came = copies > 0
        delivered = owed & came
        self._note("lost", chunk, owed & ~came)
        self._note("late", chunk, delivered & (arrived > started + bound_ns))
        self._note("duplicated", chunk, (copies > 1) & judged)
        self._note("corrupted", chunk, corrupt)
        self._note("leaked", chunk, came & forbidden)
        self._may += int((came & ~owed & ~forbidden).sum())
        self._count(chunk, owed, delivered)
        self._time(chunk, owed, delivered, arrived - sent.intended[span, None])

    def _note(self, name: str, chunk: _Chunk, which: Flags) -> None:
        row, column = np.nonzero(which)
        if len(row):
            self._pairs[name].append((row.astype(np.int64) + chunk.start, chunk.connections[column]))

    def _count(self, chunk: _Chunk, owed: Flags, delivered: Flags) -> None:
        span = slice(chunk.start, chunk.stop)
        self._owed_of[span] = owed.sum(axis=1)
        self._delivered_of[span] = delivered.sum(axis=1)
        self._owed_by[chunk.connections] += owed.sum(axis=0)
        self._delivered_by[chunk.connections] += delivered.sum(axis=0)

    def _time(self, chunk: _Chunk, owed: Flags, delivered: Flags, latency: Ints) -> None:
        heard = delivered.any(axis=1)
        span = slice(chunk.start, chunk.stop)
        if heard.any():
            first = np.where(delivered, latency, NEVER).min(axis=1)
            last = np.where(delivered, latency, -1).max(axis=1)
            self._first[span] = np.where(heard, first, -1)
            self._last[span] = np.where(heard, last, -1)
        if self._timed:
            rows = np.nonzero(owed)[0].astype(np.int32)
            self._owed_pairs.append((rows + np.int32(chunk.start), np.where(delivered, latency, LOST)[owed]))

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
            timed=self._kept() if self._timed else None,
            unattributed=unattributed,
            **pairs,
        )

    def _kept(self) -> OwedPairs:
        place = np.concatenate([np.zeros(0, np.int32), *(place for place, _ in self._owed_pairs)])
        latency = np.concatenate([np.zeros(0, np.int64), *(latency for _, latency in self._owed_pairs)])
        intended = np.array([message.intended_ns for message in self._messages], np.int64)
        return OwedPairs(place.astype(np.uint32), intended[place], latency)


def _judged(ears: Ears, connections: Ints, is_sender: Flags) -> Flags:
    """Which pairs of the chunk `ears` take."""
    taken = is_sender if ears.own else ~is_sender if ears.own is False else np.ones_like(is_sender)
    if ears.numbers is None:
        return taken
    return taken & np.isin(connections, np.array(sorted(ears.numbers), np.int64))[None, :]


def _grid(chunk: _Chunk, received: _Received, connections: int) -> tuple[Ints, Ints, Flags]:
    """First arrival, number of copies and damage of each pair of the chunk."""
    low, high = np.searchsorted(received.place, (chunk.start, chunk.stop))
    column_of = np.zeros(connections, np.int64)
    column_of[chunk.connections] = np.arange(len(chunk.connections))
    width = len(chunk.connections)
    shape = (chunk.stop - chunk.start, width)
    cells = (received.place[low:high] - chunk.start) * width + column_of[received.connection[low:high]]
    copies = np.bincount(cells, minlength=shape[0] * width).astype(np.int64)
    arrived = np.full(shape[0] * width, NEVER, np.int64)
    np.minimum.at(arrived, cells, received.at_ns[low:high])
    corrupt = np.zeros(shape[0] * width, np.bool_)
    corrupt[cells[received.corrupt[low:high]]] = True
    return arrived.reshape(shape), copies.reshape(shape), corrupt.reshape(shape)


def _joined(parts: list[tuple[Ints, Ints]]) -> Pairs:
    return Pairs(*_columns(parts))


def _columns(parts: list[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
