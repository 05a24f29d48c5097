"""One budget of time across many steps; the only place that sleeps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Deadline:
    """`seconds` from now, on the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._end - time.monotonic())

    def expired(self) -> bool:
        return time.monotonic() >= self._end


def wait_for(condition: Callable[[], bool], deadline: Deadline, poll_s: float = 0.01) -> bool:
    """True as soon as `condition` holds; False if it does not when the deadline has passed.

    The condition is asked at least once, and once more after the deadline.
    """
    while not condition():
        if deadline.expired():
            return condition()
        time.sleep(min(poll_s, deadline.remaining()))
    return True


def pause_until(at_ns: int, stop: threading.Event) -> bool:
    """Wait for that moment of `time.monotonic_ns`; False as soon as `stop` is set."""
    while (left := at_ns - time.monotonic_ns()) > 0:
        if stop.wait(left / 1e9):
            return False
    return not stop.is_set()
