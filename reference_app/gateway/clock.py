"""The time that connections live by: handed in, so that it can be moved without touching the machine's."""

from __future__ import annotations

import asyncio
import heapq
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Timer(Protocol):
    """A callback that is due later."""

    def cancel(self) -> None:
        """Make sure that the callback does not run; harmless when it already has."""


class Clock(Protocol):
    """Time and timers of the gateway's own limits (LM-3, LM-4) and of the times in events."""

    def monotonic(self) -> float:
        """Seconds that never go back."""

    def epoch_ms(self) -> int:
        """Milliseconds since 1970, UTC."""

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        """Run the callback on the event loop once this clock has advanced by `delay_s`."""


async def elapse(clock: Clock, seconds: float) -> None:
    """Return once the clock has advanced by that much."""
    over = asyncio.Event()
    timer = clock.call_later(seconds, over.set)
    try:
        await over.wait()
    finally:
        timer.cancel()


class SystemClock:
    """The machine's clock; `call_later` needs a running event loop."""

    def monotonic(self) -> float:
        return time.monotonic()

    def epoch_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        return asyncio.get_running_loop().call_later(delay_s, callback)


class MovableClock:
    """The machine's clock plus what it has been moved by: forward only; timers need a running event loop."""

    def __init__(self) -> None:
        self._moved_s = 0.0
        self._timers: list[_MovableTimer] = []
        self._cancelled = 0
        self._alarm: asyncio.TimerHandle | None = None

    @property
    def moved_s(self) -> float:
        """How far it is ahead of the machine's clock."""
        return self._moved_s

    def monotonic(self) -> float:
        return time.monotonic() + self._moved_s

    def epoch_ms(self) -> int:
        return time.time_ns() // 1_000_000 + round(self._moved_s * 1000)

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        timer = _MovableTimer(self.monotonic() + delay_s, callback, self._note_cancelled)
        heapq.heappush(self._timers, timer)
        if self._timers[0] is timer:
            self._set_alarm()
        return timer

    def advance(self, seconds: float) -> None:
        """Move it forward by a duration that is not negative; what becomes due runs now.

        Each timer runs at its own time, so that it sees, and sets up next, what a long wait would have made:
        a connection that is idle for three hours ends by its tenth minute's timer, not by its second hour's.
        """
        target = self._moved_s + seconds
        while self._timers and (ahead_s := self._timers[0].due - time.monotonic()) <= target:
            self._moved_s = max(self._moved_s, ahead_s)
            heapq.heappop(self._timers).fire()
        self._moved_s = target
        self._set_alarm()

    def _ring(self) -> None:
        self._alarm = None
        self.advance(0.0)

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._timers:
            wait_s = max(0.0, self._timers[0].due - self.monotonic())
            self._alarm = asyncio.get_running_loop().call_later(wait_s, self._ring)

    def _note_cancelled(self) -> None:
        # Most timers are cancelled long before they are due; they leave in bulk.
        self._cancelled += 1
        if self._cancelled > len(self._timers) // 2:
            self._timers = [timer for timer in self._timers if timer.is_waiting]
            heapq.heapify(self._timers)
            self._cancelled = 0


class _MovableTimer:
    """One callback, ordered by when it is due."""

    def __init__(self, due: float, callback: Callable[[], None], cancelled: Callable[[], None]) -> None:
        self.due = due
        self._callback: Callable[[], None] | None = callback
        self._cancelled = cancelled

    def __lt__(self, other: _MovableTimer) -> bool:
        return self.due < other.due

    @property
    def is_waiting(self) -> bool:
        return self._callback is not None

    def cancel(self) -> None:
        if self._callback is not None:
            self._callback = None
            self._cancelled()

    def fire(self) -> None:
        callback, self._callback = self._callback, None
        if callback is not None:
            callback()
