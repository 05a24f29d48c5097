"""What the receiving loop hands over, gathered between two looks at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reports.history import Deliveries, FrameReceived


@dataclass(frozen=True)
class Batch:
    """Deliveries as columns."""

    message: npt.NDArray[np.int64]
    """The messages that were heard, each once, with …"""
    intended_ns: npt.NDArray[np.int64]
    """… when they were to be sent, -1 where that is not known, and …"""
    copies: npt.NDArray[np.int64]
    """… how often they were heard."""
    latency_ns: npt.NDArray[np.int64]
    """Of each delivery whose message's time is known, from the intended send."""


class Arrivals:
    """Gathers deliveries; a batch costs less for each of them than a call of Locust's would."""

    def __init__(self, intended_ns: Callable[[int], int | None]) -> None:
        self._intended_ns = intended_ns
        self._gathered: list[Deliveries] = []
        self.delivered = 0
        self.corrupted = 0
        self.last_ns = 0
        """When the latest delivery came."""

    def deliveries(self, rows: Deliveries) -> None:
        """Called by the receiver."""
        self._gathered.append(rows)

    def frame(self, event: FrameReceived) -> None:
        """Called by the receiver for every message that is no exact delivery."""
        self.corrupted += event.corrupt_of is not None

    def take(self) -> Batch | None:
        """What has come since the last call; None when nothing has."""
        gathered, self._gathered = self._gathered, []
        if not gathered:
            return None
        rows = np.concatenate(gathered)
        at_ns = rows["at_ns"]
        self.delivered += len(rows)
        self.last_ns = int(at_ns.max())
        message, place, copies = np.unique(
            rows["message"].astype(np.int64), return_inverse=True, return_counts=True
        )
        intended = np.array([self._time_of(int(m)) for m in message], np.int64)
        since = intended[place]
        return Batch(message, intended, copies.astype(np.int64), (at_ns - since)[since >= 0])

    def _time_of(self, message: int) -> int:
        known = self._intended_ns(message)
        return -1 if known is None else known
