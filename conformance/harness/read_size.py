"""How much to read at once, so that the kernel's time is that of one message, while there is time for it."""

from __future__ import annotations

READ = 2048
"""Bytes, where messages differ in size."""
_ALIKE = 4
_SPELL_NS = 100_000_000
_BUSY = 0.7


class ReadSize:
    """Learns the size of messages while it is always the same, as that of the copies of a load test is.

    Linux tells of a read when the last segment came that it touched. A read of exactly one message leaves the
    next one, with a time of its own, for the next read.
    """

    __slots__ = ("_last", "_times", "size")

    def __init__(self) -> None:
        self.size = READ
        self._last = 0
        self._times = 0

    def learn(self, size: int) -> None:
        """A new message, its frame included, was so large."""
        self._times = self._times + 1 if size == self._last else 1
        self._last = size
        self.size = size if self._times >= _ALIKE else READ


class Pressure:
    """Tells when to catch up matters more than exact times: reads must then take all that is there."""

    __slots__ = ("_busy_ns", "_since_ns", "high")

    def __init__(self) -> None:
        self.high = False
        self._since_ns = 0
        self._busy_ns = 0

    def round(self, began_ns: int, ended_ns: int) -> None:
        """A round of reads took so long; of the last tenth of a second most was spent on reading, or not."""
        self._busy_ns += ended_ns - began_ns
        spell_ns = ended_ns - self._since_ns
        if spell_ns >= _SPELL_NS:
            self.high = self._busy_ns > _BUSY * spell_ns
            self._since_ns, self._busy_ns = ended_ns, 0
