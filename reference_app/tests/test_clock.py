from __future__ import annotations

import asyncio
import time

from reference_app.gateway.clock import MovableClock, SystemClock


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


def test_a_clock_that_has_not_been_moved_is_the_machines() -> None:
    clock, before = MovableClock(), time.monotonic()
    assert before <= clock.monotonic() <= time.monotonic()
    assert abs(clock.epoch_ms() - time.time_ns() // 1_000_000) < 1000


def test_moving_a_clock_moves_both_of_its_times() -> None:
    async def run() -> tuple[float, float, float]:
        clock = MovableClock()
        monotonic, epoch_ms = clock.monotonic(), clock.epoch_ms()
        clock.advance(3600)
        return clock.moved_s, clock.monotonic() - monotonic, clock.epoch_ms() - epoch_ms

    moved_s, monotonic_s, epoch_ms = asyncio.run(run())
    assert moved_s == 3600
    assert monotonic_s >= 3600
    assert epoch_ms >= 3_600_000


def test_moving_a_clock_runs_what_becomes_due_at_its_own_time_and_in_order() -> None:
    async def run() -> list[tuple[str, int]]:
        clock, fired = MovableClock(), list[tuple[str, int]]()
        start = clock.monotonic()

        def fire(name: str) -> None:
            fired.append((name, int(clock.monotonic() - start)))
            if name == "first":
                clock.call_later(100, lambda: fire("from the first"))

        clock.call_later(500, lambda: fire("second"))
        clock.call_later(10, lambda: fire("first"))
        clock.call_later(300, lambda: fire("cancelled")).cancel()
        clock.call_later(5000, lambda: fire("not yet"))
        clock.advance(600)
        return fired

    assert asyncio.run(run()) == [("first", 10), ("from the first", 110), ("second", 500)]


def test_timers_of_a_movable_clock_fire_unless_cancelled_when_nobody_moves_it() -> None:
    async def run() -> list[str]:
        fired: list[str] = []
        done = asyncio.Event()
        clock = MovableClock()
        clock.call_later(0, lambda: fired.append("cancelled")).cancel()
        clock.call_later(0.001, done.set)
        clock.call_later(0, lambda: fired.append("due"))
        await done.wait()
        return fired

    assert asyncio.run(run()) == ["due"]


def test_cancelled_timers_are_not_kept() -> None:
    async def run() -> int:
        clock = MovableClock()
        clock.call_later(900, lambda: None)
        for _ in range(1000):
            clock.call_later(600, lambda: None).cancel()
        return len(clock._timers)

    assert asyncio.run(run()) < 5
