"""Invocations by whomever but API Gateway, under the eyes of who traces them and makes them fail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol, TypeAlias

from reference_app.gateway.functions.invocation import Failed, InvocationFacts, Invoker, Returned

Run: TypeAlias = Callable[[InvocationFacts, bytes], Awaitable[Returned | Failed]]
"""Runs one event through the function of the facts."""


class Observer(Protocol):
    """Stands between an invocation and its function."""

    async def invoke(
        self, facts: InvocationFacts, run: Callable[[], Awaitable[Returned | Failed]]
    ) -> Returned | Failed:
        """Invoke a function, or pretend to."""


def observed(invoker: Invoker, observer: Observer | None) -> Run:
    """What runs events through the invoker's functions, past the observer."""

    async def run(facts: InvocationFacts, event: bytes) -> Returned | Failed:
        invoke = partial(invoker.invoke, facts.function, event, facts)
        return await invoke() if observer is None else await observer.invoke(facts, invoke)

    return run
