"""Lambda: an `Invoker` over the pools of an application's functions."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from dataclasses import replace

from reference_app.gateway.functions.execution_environment import ExecutionEnvironment
from reference_app.gateway.functions.function_environment import Surroundings, function_variables
from reference_app.gateway.functions.function_pool import FunctionPool
from reference_app.gateway.functions.import_failures import told
from reference_app.gateway.functions.invocation import Failed, InvocationFacts, Returned
from reference_app.gateway.functions.logs import FunctionLog, LogWriter
from reference_app.gateway.functions.running_invocations import RunningInvocations
from reference_app.gateway.functions.session_token import session_token
from reference_app.gateway.template.application import Function


class LambdaService:
    """Runs functions, in at most `concurrency` environments each; create it inside the event loop."""

    def __init__(
        self,
        functions: Iterable[Function],
        *,
        account_id: str,
        concurrency: int,
        logs: LogWriter | None,
        notify: Callable[[str], None],
    ) -> None:
        """`logs` is where the functions' output goes; None drops it.

        `notify` is told, in a sentence, which function cannot be loaded.
        """
        self._functions = {function.logical_id: function for function in functions}
        self._account_id = account_id
        self._concurrency = concurrency
        self._logs = logs
        self._notify = notify
        self._pools: dict[str, FunctionPool] = {}
        self._watch: Callable[[str], None] | None = None
        self.running = RunningInvocations()
        """What the invocations under way go back to."""

    def watch_output(self, watch: Callable[[str], None]) -> None:
        """Have `watch` called with a function's name for each line that it prints; call before `start`."""
        self._watch = watch

    async def start(self, surroundings: Surroundings) -> None:
        """Have one environment of each function ready, so that the first event of each is a warm one.

        A function whose init fails is told of, and tried again at its first event. One that nothing in the
        template leads to is started by its first event.
        """
        # More starts than cores at a time would only make each of them slower.
        starting = asyncio.Semaphore(max(2, os.cpu_count() or 1))
        for logical_id, function in self._functions.items():
            self._pools[logical_id] = self._pool(function, surroundings, starting)
        ahead = [logical_id for logical_id, function in self._functions.items() if not function.on_demand]
        failures = await asyncio.gather(*(self._pools[logical_id].start_ahead() for logical_id in ahead))
        for logical_id, failure in zip(ahead, failures, strict=True):
            if failure is not None:
                self._notify(f"function {logical_id}: {told(self._functions[logical_id], failure)}")

    async def invoke(
        self, function: str, event: bytes, facts: InvocationFacts | None = None
    ) -> Returned | Failed:
        """Run one event through a function; see `Invoker`."""
        pool = self._pools.get(function)
        if pool is None:
            return Failed("exited", "ServiceUnavailable", "the function is not ready")
        return await pool.invoke(event, facts)

    def retire(self, function: str) -> None:
        """Have the function's next event meet a cold start; harmless while it is not ready."""
        if (pool := self._pools.get(function)) is not None:
            pool.retire()

    async def stop(self) -> None:
        """End every environment."""
        await asyncio.gather(*(pool.stop() for pool in self._pools.values()))
        self._pools.clear()

    def _pool(
        self, function: Function, surroundings: Surroundings, starting: asyncio.Semaphore
    ) -> FunctionPool:
        own = replace(surroundings, session_token=session_token(function.logical_id))

        def make() -> ExecutionEnvironment:
            log = FunctionLog(self._logs, function.logical_id, self._watch)
            return ExecutionEnvironment(function, function_variables(function, own), log)

        arn = f"arn:aws:lambda:{surroundings.region}:{self._account_id}:function:{function.name}"
        return FunctionPool(
            function, arn, make, limit=self._concurrency, starting=starting, running=self.running
        )
