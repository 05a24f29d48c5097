"""How much of what two times say of each other is in doubt, where different hosts' clocks took them. Pure."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from reports.history_reader import History, Message

Ints: TypeAlias = npt.NDArray[np.int64]


class ClockDoubt:
    """Of messages and connections of a run; nothing where all of it was on one host."""

    def __init__(self, history: History, messages: list[Message]) -> None:
        clock_of = {p: place for place, clock in enumerate(history.clocks, 1) for p in clock.processes}
        self._error = np.array([0, *(clock.error_ns for clock in history.clocks)], np.int64)
        self._several = bool(clock_of)
        heard = [clock_of.get(c.process, 0) for c in history.connections] if clock_of else []
        sent = [clock_of.get(m.id >> 32, 0) for m in messages] if clock_of else []
        self._heard_by, self._sent_by = np.array(heard, np.int64), np.array(sent, np.int64)

    def between(self, messages: slice, connections: Ints) -> Ints | int:
        """For each pair the nanoseconds by which it may seem earlier or later than it was."""
        if not self._several:
            return 0
        sent_by, heard_by = self._sent_by[messages, None], self._heard_by[connections][None, :]
        errors: Ints = self._error[sent_by] + self._error[heard_by]
        return np.where(sent_by == heard_by, 0, errors)
