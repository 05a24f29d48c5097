"""What was read and understood, in columns until it is handed over: an object a delivery costs too much."""

from __future__ import annotations

from itertools import chain

import numpy as np
import numpy.typing as npt

from reports.history import DELIVERY, EXACT, KERNEL_TIME, Deliveries

from .receive_times import Stamp, times_of


class Heard:
    """Reads that delivered messages; whoever appends to one of the lists appends to all three."""

    __slots__ = ("connections", "messages", "stamps")

    def __init__(self) -> None:
        self.stamps: list[Stamp] = []
        """When each came."""
        self.messages: list[tuple[int, ...]] = []
        """What it delivered, in order."""
        self.connections: list[int] = []

    def __len__(self) -> int:
        return len(self.connections)

    def rows(self, ahead_ns: int) -> Deliveries:
        """One row a delivery; `ahead_ns` as in `times_of`."""
        at_ns, from_kernel = times_of(self.stamps, ahead_ns)
        each = np.fromiter(map(len, self.messages), np.int64, len(self))
        rows = np.empty(int(each.sum()), DELIVERY)
        rows["at_ns"] = np.repeat(at_ns, each)
        rows["message"] = np.fromiter(chain.from_iterable(self.messages), np.uint64, len(rows))
        connections = np.array(self.connections, np.uint32)
        rows["connection"] = np.repeat(connections, each)
        rows["flags"] = EXACT
        # Of segments that are read together the kernel tells when the last one came.
        own = from_kernel & ~_told_again(at_ns, connections)
        delivering = each > 0
        rows["flags"][np.cumsum(each)[delivering] - 1] = np.where(own, KERNEL_TIME, EXACT)[delivering]
        return rows


def _told_again(at_ns: npt.NDArray[np.int64], connections: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    """Reads whose time the connection's next read has too.

    The kernel joins segments that wait, once they are acknowledged, and keeps the time of the last.
    """
    order = np.argsort(connections, kind="stable")
    same = (np.diff(connections[order]) == 0) & (np.diff(at_ns[order]) == 0)
    again = np.zeros(len(order), np.bool_)
    again[order[:-1][same]] = True
    return again
