"""The time that connections live by: handed in, so that it can be moved without touching the machine's."""

from __future__ import annotations

import asyncio
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


class SystemClock:
    """The machine's clock; `call_later` needs a running event loop."""

    def monotonic(self) -> float:
        return time.monotonic()

    def epoch_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        return asyncio.get_running_loop().call_later(delay_s, callback)
