"""Events that nobody waits for: LI-3, LI-4."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from reference_app.gateway.clock import MovableClock
from reference_app.gateway.functions.asynchronous_events import AsynchronousEvents
from reference_app.gateway.functions.invocation import Failed, InvocationFacts, Returned
from reference_app.gateway.template.application import EventRetries

FACTS = InvocationFacts("Broadcast", "", "c1", "r1", "Event of Send")
OK = Returned(b"null")
BROKEN = Failed("unhandled", "ValueError", "no\nmore")
THROTTLED = Failed("throttled", "TooManyRequestsException", "Rate Exceeded.")


class Scripted:
    """A function with these outcomes, in this order, on a clock that is moved by hand."""

    def __init__(self, *outcomes: Returned | Failed) -> None:
        self._outcomes = list(outcomes)
        self.clock = MovableClock()
        self.runs_at: list[float] = []
        self.request_ids: set[str] = set()
        self.told: list[str] = []

    async def run(self, facts: InvocationFacts, event: bytes) -> Returned | Failed:
        assert event == b"{}"
        self.runs_at.append(round(self.clock.moved_s))
        self.request_ids.add(facts.request_id)
        return self._outcomes.pop(0)


def deliver(function: Scripted, moves: Sequence[float], retries: EventRetries | None = None) -> None:
    """Put one event, move the clock step by step, and stop."""

    async def run() -> None:
        events = AsynchronousEvents(function.clock, function.run, function.told.append)
        events.put(FACTS, b"{}", retries or EventRetries())
        for seconds in (0.0, *moves):
            function.clock.advance(seconds)
            for _ in range(5):
                await asyncio.sleep(0)
        await events.stop()

    asyncio.run(run())


def test_an_event_is_run_at_once_and_once_when_that_goes_well() -> None:
    function = Scripted(OK)

    deliver(function, [300.0])

    assert function.runs_at == [0]
    assert function.told == []


def test_a_function_that_fails_is_run_again_after_one_minute_and_after_two_more() -> None:
    function = Scripted(BROKEN, BROKEN, BROKEN)

    deliver(function, [59.0, 1.0, 119.0, 1.0, 3600.0])

    assert function.runs_at == [0, 60, 180]
    assert function.request_ids == {"r1"}
    assert function.told == ["an event of Broadcast is given up (Event of Send): ValueError: no"]


def test_the_template_may_ask_for_fewer_attempts() -> None:
    function = Scripted(BROKEN)

    deliver(function, [60.0, 120.0], EventRetries(attempts=0))

    assert function.runs_at == [0]
    assert len(function.told) == 1


def test_throttled_events_wait_longer_and_longer_and_cost_no_attempt() -> None:
    function = Scripted(THROTTLED, THROTTLED, THROTTLED, BROKEN, OK)

    deliver(function, [1.0, 2.0, 4.0, 60.0])

    assert function.runs_at == [0, 1, 3, 7, 67]
    assert function.told == []


def test_an_event_that_would_get_too_old_is_given_up() -> None:
    function = Scripted(*[THROTTLED] * 6)

    deliver(function, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0], EventRetries(oldest_s=60.0))

    assert function.runs_at == [0, 1, 3, 7, 15, 31]
    assert "given up" in function.told[0]
