"""The deliveries of a run, read in pieces: of many millions only those that are asked about are in memory.

A piece is found by the messages that it tells of. Copies of one message come close together, and what
comes late is in few pieces: so each piece is read about once where messages are gone through in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .history import DELIVERY, KERNEL_TIME, Deliveries

Ids: TypeAlias = npt.NDArray[np.uint64]
"""Of messages."""
Times: TypeAlias = npt.NDArray[np.int64]

_PIECE = 1 << 14
_GAP = 64
"""Ids that differ by no more belong to one span."""


@dataclass(frozen=True)
class DeliveryFile:
    """The deliveries of one process; those of its connections are `base` and above in the history."""

    path: Path
    base: int = 0
    placed: Callable[[Times], Times] | None = None
    """Makes times of another host's clock those of the history's."""

    def count(self) -> int:
        return self.path.stat().st_size // DELIVERY.itemsize if self.path.exists() else 0

    def pieces(self) -> Iterator[_Piece]:
        count = self.count()
        for start in range(0, count, _PIECE):
            yield _FilePiece(self, start, min(_PIECE, count - start))


@dataclass(frozen=True)
class DeliveryRows:
    """Deliveries that are in memory."""

    rows: Deliveries

    def pieces(self) -> Iterator[_Piece]:
        for start in range(0, len(self.rows), _PIECE):
            yield _RowsPiece(self.rows[start : start + _PIECE])


@dataclass(frozen=True)
class Spans:
    """Sets of ids, as the fewest runs from `low` to `high` that have no wide gap in them."""

    low: Ids
    high: Ids

    @classmethod
    def of(cls, ids: Ids) -> Spans:
        """`ids` are in ascending order."""
        ends = np.flatnonzero(np.diff(ids) > _GAP)
        return cls(ids[np.r_[0, ends + 1]], ids[np.r_[ends, len(ids) - 1]]) if len(ids) else cls(ids, ids)


class DeliveryLog:
    """All deliveries of a run, as rows of DELIVERY; `connection` is the number in `History.connections`.

    A file is read once to begin with, and must stay where it is.
    """

    def __init__(self, parts: Iterable[DeliveryFile | DeliveryRows] = ()) -> None:
        self._pieces: list[_Piece] = [piece for part in parts for piece in part.pieces()]
        self.last_ns = 0
        """Time of the last of them; 0 without any."""
        self.kernel_timed = 0
        """How many have the kernel's time."""
        found = [self._seen(piece.read()) for piece in self._pieces]
        spans = [Spans.of(ids) for ids, _ in found]
        self._low = _joined([span.low for span in spans])
        self._high = _joined([span.high for span in spans])
        self._piece_of = np.repeat(np.arange(len(spans)), [len(span.low) for span in spans])
        self.messages, place = np.unique(_joined([ids for ids, _ in found]), return_inverse=True)
        """The ids of those that were heard of, in ascending order, and …"""
        copies = np.concatenate([np.zeros(0, np.int64), *(counts for _, counts in found)])
        self.copies = np.zeros(len(self.messages), np.int64)
        """… how often each."""
        np.add.at(self.copies, place, copies)

    def __len__(self) -> int:
        return int(self.copies.sum())

    def __iter__(self) -> Iterator[Deliveries]:
        """Piece by piece, in the order of the record."""
        return (piece.read() for piece in self._pieces)

    def telling_of(self, ids: Ids) -> Iterator[Deliveries]:
        """The pieces in which deliveries of any of these messages are, with others among them."""
        asked = Spans.of(np.sort(ids))
        met = np.zeros(len(self._low), np.bool_)
        for low, high in zip(asked.low, asked.high, strict=True):
            met |= (self._low <= high) & (self._high >= low)
        return (self._pieces[place].read() for place in np.unique(self._piece_of[met]))

    def of(self, message: int) -> Deliveries:
        """Those of one message, in the order of the record."""
        pieces = self.telling_of(np.array([message], np.uint64))
        found = [piece[piece["message"] == message] for piece in pieces]
        return np.concatenate([np.empty(0, DELIVERY), *found])

    def whole(self) -> Deliveries:
        """All at once: 24 bytes each."""
        return np.concatenate([np.empty(0, DELIVERY), *self])

    def _seen(self, rows: Deliveries) -> tuple[Ids, npt.NDArray[np.int64]]:
        self.last_ns = max(self.last_ns, int(rows["at_ns"].max()))
        self.kernel_timed += int(np.count_nonzero(rows["flags"] & KERNEL_TIME))
        ids, counts = np.unique(rows["message"], return_counts=True)
        return ids, counts.astype(np.int64)


@dataclass(frozen=True)
class _FilePiece:
    file: DeliveryFile
    start: int
    count: int

    def read(self) -> Deliveries:
        # Not mapped: what was read of a mapped file stays with the process.
        at = self.start * DELIVERY.itemsize
        rows: Deliveries = np.fromfile(self.file.path, DELIVERY, self.count, offset=at)
        rows["connection"] += self.file.base
        if self.file.placed is not None:
            rows["at_ns"] = self.file.placed(rows["at_ns"])
        return rows


@dataclass(frozen=True)
class _RowsPiece:
    rows: Deliveries

    def read(self) -> Deliveries:
        return self.rows


_Piece: TypeAlias = _FilePiece | _RowsPiece


def _joined(ids: list[Ids]) -> Ids:
    return np.concatenate([np.zeros(0, np.uint64), *ids])
