"""Which deliveries of a record are of a few messages, as the oracle wants them: in columns. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from reports.delivery_log import DeliveryLog, Ids, Spans
from reports.history import CORRUPT, Deliveries

Ints: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Received:
    """Deliveries of a few messages, as columns; `row` is the place of the message among them."""

    row: Ints
    connection: npt.NDArray[np.uint32]
    at_ns: Ints
    corrupt: npt.NDArray[np.bool_]


def received_of(deliveries: DeliveryLog, ids: Ids) -> Received:
    """Those of these messages, each of which is named once."""
    places = _Places(ids)
    parts = [_taken(rows, places) for rows in deliveries.telling_of(ids)]
    return Received(
        np.concatenate([np.zeros(0, np.int64), *(part.row for part in parts)]),
        np.concatenate([np.zeros(0, np.uint32), *(part.connection for part in parts)]),
        np.concatenate([np.zeros(0, np.int64), *(part.at_ns for part in parts)]),
        np.concatenate([np.zeros(0, np.bool_), *(part.corrupt for part in parts)]),
    )


class _Places:
    """Finds messages by their ids, of which many follow one another: a table is faster than a search."""

    def __init__(self, ids: Ids) -> None:
        spans = Spans.of(np.sort(ids))
        self._tables = [self._table(ids, low, high) for low, high in zip(spans.low, spans.high, strict=True)]

    @staticmethod
    def _table(ids: Ids, low: np.uint64, high: np.uint64) -> tuple[np.uint64, Ints]:
        """The places of the ids from `low` on, and one more entry for all beyond `high`."""
        table = np.full(int(high - low) + 2, -1, np.int64)
        within = np.flatnonzero((ids >= low) & (ids <= high))
        table[(ids[within] - low).astype(np.int64)] = within
        return low, table

    def of(self, ids: Ids) -> Ints:
        """The place of each; -1 for those that are not there."""
        place = np.full(len(ids), -1, np.int64)
        for low, table in self._tables:
            # What lies below `low` wraps around, and is far beyond the table.
            entry = np.minimum(ids - low, len(table) - 1).astype(np.int64)
            np.maximum(place, table[entry], out=place)
        return place


def _taken(rows: Deliveries, places: _Places) -> Received:
    place = places.of(np.ascontiguousarray(rows["message"]))
    mine = np.flatnonzero(place >= 0)
    corrupt = (rows["flags"][mine] & CORRUPT) != 0
    return Received(place[mine], rows["connection"][mine], rows["at_ns"][mine], corrupt)
