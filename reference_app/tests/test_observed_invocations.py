"""Invocations by whomever but API Gateway: with and without an observer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from reference_app.gateway.functions.invocation import Failed, InvocationFacts, Returned
from reference_app.gateway.functions.observed_invocations import observed

FACTS = InvocationFacts("F", "", "c1", "r1", "Event of G")
REFUSED = Failed("unhandled", "InjectedError", "no")


class Echo:
    async def invoke(self, function: str, event: bytes, facts: InvocationFacts | None = None) -> Returned:
        assert (function, facts) == ("F", FACTS)
        return Returned(event)


class Spoiler:
    async def invoke(
        self, facts: InvocationFacts, run: Callable[[], Awaitable[Returned | Failed]]
    ) -> Returned | Failed:
        assert await run() == Returned(b"1")
        return REFUSED


def test_without_an_observer_the_function_is_run() -> None:
    assert asyncio.run(_run(observed(Echo(), None))) == Returned(b"1")


def test_an_observer_may_put_its_own_outcome_in_place() -> None:
    assert asyncio.run(_run(observed(Echo(), Spoiler()))) == REFUSED


async def _run(run: Callable[[InvocationFacts, bytes], Awaitable[Returned | Failed]]) -> Returned | Failed:
    return await run(FACTS, b"1")
