"""How much to read at once, so that the kernel's time is that of one message."""

from __future__ import annotations

READ = 2048
"""Bytes, where messages differ in size."""
_ALIKE = 4


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
