"""Asynchronous invocations (`InvocationType: Event`): run at once, and again when they fail (LI-3, LI-4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reference_app.gateway.background_tasks import BackgroundTasks
from reference_app.gateway.clock import Clock, elapse
from reference_app.gateway.functions.invocation import InvocationFacts, Returned
from reference_app.gateway.functions.observed_invocations import Run
from reference_app.gateway.template.application import EventRetries

_WAITS_AFTER_FAILURE_S = (60.0, 120.0)  # LI-3
_LONGEST_WAIT_WHEN_THROTTLED_S = 300.0  # LI-4


class AsynchronousEvents:
    """Runs events that nobody waits for; needs a running event loop."""

    def __init__(
        self,
        clock: Clock,
        run: Run,
        notify: Callable[[str], None],
    ) -> None:
        """`notify` is told of events that are given up."""
        self._clock = clock
        self._run = run
        self._notify = notify
        self._tasks = BackgroundTasks()

    def put(self, facts: InvocationFacts, event: bytes, retries: EventRetries) -> None:
        """Take an event over; every attempt has the same facts, and so the same request id."""
        self._tasks.start(self._deliver(facts, event, retries))

    async def stop(self) -> None:
        """Give up what has not succeeded yet."""
        await self._tasks.finish(0.0)

    async def _deliver(self, facts: InvocationFacts, event: bytes, retries: EventRetries) -> None:
        born = self._clock.monotonic()
        after_failure = iter(_WAITS_AFTER_FAILURE_S[: retries.attempts])
        when_throttled = _throttled_waits()
        while True:
            outcome = await self._run(facts, event)
            if isinstance(outcome, Returned):
                return
            throttled = outcome.reason == "throttled"
            wait_s = next(when_throttled if throttled else after_failure, None)
            age_s = self._clock.monotonic() - born
            if wait_s is None or age_s + wait_s > retries.oldest_s:
                self._notify(
                    f"an event of {facts.function} is given up ({facts.cause}): "
                    f"{outcome.error_type}: {outcome.message.partition(chr(10))[0]}"
                )
                return
            await elapse(self._clock, wait_s)


def _throttled_waits() -> Iterator[float]:
    wait_s = 1.0
    while True:
        yield wait_s
        wait_s = min(2 * wait_s, _LONGEST_WAIT_WHEN_THROTTLED_S)
