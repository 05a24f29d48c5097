"""How long messages wait in the kernel until they are read: a measure of the reader, not of the server."""

from __future__ import annotations


class ReceiveBacklog:
    """The worst wait since it was last asked. Times in nanoseconds of the monotonic clock."""

    def __init__(self) -> None:
        self._worst_ns = 0

    def round(self, began_ns: int, ended_ns: int, first_ns: int) -> None:
        """A round of reads; its first message came at `first_ns`, and the last one waited all round."""
        self._worst_ns = max(self._worst_ns, began_ns - first_ns, ended_ns - began_ns)

    def take_worst_ns(self) -> int:
        worst_ns, self._worst_ns = self._worst_ns, 0
        return worst_ns
