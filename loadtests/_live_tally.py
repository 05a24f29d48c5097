"""How many deliveries are missing so far: a lower bound, for the eye while the load runs.

The oracle judges every pair afterwards. Here a message is owed, in this process, to as many
connections as were open when it was to be sent less those that have left since: whoever came later,
or heard it and left, only makes the number smaller.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict

from ._arrivals import Batch


class LiveTally:
    """Counts deliveries against the connections that were open. Times in nanoseconds."""

    def __init__(self, bound_ns: int) -> None:
        self._bound_ns = bound_ns
        self._opened = _Moments()
        self._left = _Moments()
        self._heard: OrderedDict[int, _Message] = OrderedDict()
        self.sent = 0
        self.missing = 0
        """Deliveries that were owed and did not come within the bound, at the least."""

    @property
    def open(self) -> int:
        return self._opened.total - self._left.total

    def connected(self, at_ns: int) -> None:
        self._opened.add(at_ns)

    def disconnected(self, at_ns: int) -> None:
        """A leaving that is noticed late does no harm: it lowers what is owed."""
        self._left.add(at_ns)

    def spoken(self, message: int, intended_ns: int, now_ns: int) -> None:
        """This process has sent the message."""
        self.sent += 1
        self._open_account(message, intended_ns, now_ns)

    def received(self, batch: Batch, now_ns: int) -> None:
        columns = (batch.message.tolist(), batch.intended_ns.tolist(), batch.copies.tolist())
        for message, intended_ns, copies in zip(*columns, strict=True):
            self._open_account(message, intended_ns, now_ns)
            if message in self._heard:
                self._heard[message].copies += copies

    def settle(self, now_ns: int) -> None:
        """Close the account of every message whose bound has passed since it was opened."""
        while self._heard:
            message, heard = next(iter(self._heard.items()))
            if heard.since_ns + self._bound_ns > now_ns:
                break
            del self._heard[message]
            self.missing += max(0, self._owed(heard.intended_ns) - heard.copies)
        self._opened.forget(now_ns - 2 * self._bound_ns)
        self._left.forget(now_ns - 2 * self._bound_ns)

    def _open_account(self, message: int, intended_ns: int, now_ns: int) -> None:
        """Unless it was to be sent so long ago that it may have had one already."""
        if message not in self._heard and intended_ns > max(-1, now_ns - self._bound_ns):
            self._heard[message] = _Message(intended_ns, max(intended_ns, now_ns))

    def _owed(self, intended_ns: int) -> int:
        return self._opened.until(intended_ns) - self._left.total


class _Message:
    __slots__ = ("copies", "intended_ns", "since_ns")

    def __init__(self, intended_ns: int, since_ns: int) -> None:
        self.intended_ns = intended_ns
        self.since_ns = since_ns
        """It was sent by then, and may have been sent long after it was intended."""
        self.copies = 0


class _Moments:
    """Times in ascending order, of which only the recent ones are kept."""

    def __init__(self) -> None:
        self._recent: list[int] = []
        self._forgotten = 0

    @property
    def total(self) -> int:
        return self._forgotten + len(self._recent)

    def add(self, at_ns: int) -> None:
        self._recent.append(at_ns)

    def until(self, at_ns: int) -> int:
        return self._forgotten + bisect_right(self._recent, at_ns)

    def forget(self, before_ns: int) -> None:
        old = bisect_right(self._recent, before_ns)
        if old > 1024:  # not for each message: taking from the front of a list costs its length
            del self._recent[:old]
            self._forgotten += old
