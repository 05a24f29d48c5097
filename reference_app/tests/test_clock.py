from __future__ import annotations

import asyncio
import time

from reference_app.gateway.clock import SystemClock


def test_the_system_clock_tells_milliseconds_of_the_epoch() -> None:
    before = time.time_ns() // 1_000_000
    assert before <= SystemClock().epoch_ms() <= time.time_ns() // 1_000_000


def test_the_system_clock_never_goes_back() -> None:
    clock = SystemClock()
    assert clock.monotonic() <= clock.monotonic()


def test_timers_of_the_system_clock_fire_unless_cancelled() -> None:
    async def run() -> list[str]:
        fired: list[str] = []
        done = asyncio.Event()
        clock = SystemClock()
        clock.call_later(0, lambda: fired.append("cancelled")).cancel()
        clock.call_later(0, lambda: fired.append("due"))
        clock.call_later(0, done.set)
        await done.wait()
        return fired

    assert asyncio.run(run()) == ["due"]
