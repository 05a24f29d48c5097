"""The execution environments of one function: how many there are, and which one gets the next event.

An event goes to the idle environment that was used last. Without an idle one a further one is started, up
to the limit, and the event goes to whichever is ready first.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from reference_app.gateway.functions.execution_environment import (
    ExecutionEnvironment,
    InitFailedError,
    InitTimedOutError,
)
from reference_app.gateway.functions.invocation import Failed, InvocationFacts, Returned
from reference_app.gateway.functions.running_invocations import RunningInvocations
from reference_app.gateway.functions.runtime_api import Invocation
from reference_app.gateway.template.application import Function

INIT_LIMIT_S = 10.0  # RA-31

_STOPPED = Failed("exited", "ServiceUnavailable", "the local stack is stopping")
_THROTTLED = Failed("throttled", "TooManyRequestsException", "Rate Exceeded.")


@dataclass(frozen=True)
class _Pending:
    """An event that waits for an environment, or is in one."""

    event: bytes
    outcome: asyncio.Future[Returned | Failed]
    facts: InvocationFacts | None
    request_id: str

    def resolve(self, outcome: Returned | Failed) -> None:
        if not self.outcome.done():
            self.outcome.set_result(outcome)


class FunctionPool:
    """Invokes one function, in at most `limit` environments at a time."""

    def __init__(
        self,
        function: Function,
        function_arn: str,
        make: Callable[[], ExecutionEnvironment],
        *,
        limit: int,
        starting: asyncio.Semaphore,
        running: RunningInvocations | None = None,
    ) -> None:
        """`starting` bounds how many environments, of all functions, start at the same time.

        `running` is told what every invocation goes back to.
        """
        self._function = function
        self._function_arn = function_arn
        self._make = make
        self._limit = limit
        self._start_slots = starting
        self._waiting: deque[_Pending] = deque()
        self._idle: list[ExecutionEnvironment] = []
        self._all: set[ExecutionEnvironment] = set()
        self._retired: set[ExecutionEnvironment] = set()
        self._invocations = running or RunningInvocations()
        self._starting = 0
        self._running = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped = False
        self._ahead_failure: Failed | None = None

    async def invoke(self, event: bytes, facts: InvocationFacts | None = None) -> Returned | Failed:
        """Run one event and wait for its outcome; cancelling the wait leaves the invocation running."""
        if self._stopped:
            return _STOPPED
        if self._is_throttled():
            return _THROTTLED
        pending = _Pending(event, asyncio.get_running_loop().create_future(), facts, _request_id(facts))
        self._waiting.append(pending)
        self._dispatch()
        return await pending.outcome

    async def start_ahead(self) -> Failed | None:
        """Have one environment ready before the first event.

        Returns why its init failed, if it did: the first event tries again then.
        """
        self._ahead_failure = None
        self._start_one(ahead=True)
        await asyncio.gather(*self._tasks)
        return self._ahead_failure

    def retire(self) -> None:
        """End the environments there are, busy ones after their event: the next event meets a cold start."""
        self._retired = self._all - set(self._idle)
        while self._idle:
            self._spawn(self._discard(self._idle.pop()))

    async def stop(self) -> None:
        """End everything; events that have no outcome yet fail."""
        self._stopped = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(environment.stop() for environment in self._all))
        self._all.clear()
        self._idle.clear()
        while self._waiting:
            self._waiting.popleft().resolve(_STOPPED)

    def _is_throttled(self) -> bool:
        """Whether reserved concurrency leaves no room; at the stack's own limit events queue instead."""
        reserved = self._function.reserved_concurrency
        return reserved is not None and self._running + len(self._waiting) >= reserved

    def _dispatch(self) -> None:
        if self._stopped:
            return
        while self._waiting and (environment := self._pop_idle()) is not None:
            self._running += 1
            self._spawn(self._run(environment, self._waiting.popleft()))
        while len(self._waiting) > self._starting and len(self._all) < self._limit:
            self._start_one(ahead=False)

    def _pop_idle(self) -> ExecutionEnvironment | None:
        while self._idle:
            environment = self._idle.pop()
            if environment.alive:
                return environment
            self._spawn(self._discard(environment))
        return None

    def _start_one(self, *, ahead: bool) -> None:
        environment = self._make()
        environment.is_awaited = lambda: bool(self._waiting)
        self._all.add(environment)
        self._starting += 1
        self._spawn(self._start(environment, ahead=ahead))

    async def _start(self, environment: ExecutionEnvironment, *, ahead: bool) -> None:
        """Start an environment, unless the events it is for have been served meanwhile."""
        ready = False
        try:
            async with self._start_slots:
                if ahead or self._waiting:
                    await self._initialise(environment)
                    ready = True
        except InitFailedError as failed:
            if ahead:
                self._ahead_failure = failed.failure
            if self._waiting:
                self._waiting.popleft().resolve(failed.failure)
        finally:
            self._starting -= 1
        if ready:
            self._take_back(environment)
        else:
            await self._discard(environment)

    async def _initialise(self, environment: ExecutionEnvironment) -> None:
        """Init within 10 s; if that is exceeded, once more within the function's timeout (RA-31)."""
        try:
            await environment.start(INIT_LIMIT_S)
            return
        except InitTimedOutError as late:
            if not self._waiting:
                raise InitFailedError(Failed("init", "Sandbox.Timedout", str(late))) from late
        try:
            await environment.start(self._function.timeout_s)
        except InitTimedOutError as late:
            raise InitFailedError(Failed("function-timeout", "Sandbox.Timedout", str(late))) from late

    async def _run(self, environment: ExecutionEnvironment, pending: _Pending) -> None:
        started = time.monotonic()
        invocation = self._invocation(pending)
        try:
            with self._invocations.under(invocation.trace_id, pending.facts):
                pending.resolve(await environment.invoke(invocation))
                # The rest of the invocation's time is the runtime's to ask for the next event (RA-30).
                left_s = self._function.timeout_s - (time.monotonic() - started)
                reusable = await environment.settle(max(left_s, 1.0))
        finally:
            self._running -= 1
            pending.resolve(_STOPPED)
        if reusable and environment not in self._retired:
            self._take_back(environment)
        else:
            await self._discard(environment)

    def _take_back(self, environment: ExecutionEnvironment) -> None:
        self._idle.append(environment)
        self._dispatch()
        if environment in self._idle:
            environment.freeze()  # the event for which it stayed awake has gone elsewhere

    async def _discard(self, environment: ExecutionEnvironment) -> None:
        await environment.stop()
        self._all.discard(environment)
        self._retired.discard(environment)
        self._dispatch()

    def _invocation(self, pending: _Pending) -> Invocation:
        now = time.time()
        trace = f"Root=1-{int(now):08x}-{uuid.uuid4().hex[:24]};Parent={uuid.uuid4().hex[:16]};Sampled=0"
        deadline_ms = int((now + self._function.timeout_s) * 1000)
        return Invocation(pending.request_id, pending.event, deadline_ms, self._function_arn, trace)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _request_id(facts: InvocationFacts | None) -> str:
    """A new one, but where Lambda itself was called: the caller knows it, and all attempts share it."""
    return facts.request_id if facts is not None and facts.cause else str(uuid.uuid4())
