"""One execution environment of a function: a process that handles one event at a time (RA-30).

It is frozen from the moment it asks for the next event until it gets one (RC-20), unless one awaits it
already, and killed at the function's timeout (RA-32).
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal

from reference_app.gateway.child_process import ChildProcess
from reference_app.gateway.functions.invocation import Failed, Returned
from reference_app.gateway.functions.lambda_runtime import runtime_client
from reference_app.gateway.functions.logs import FunctionLog, PrintedLines
from reference_app.gateway.functions.runtime_api import Invocation, RuntimeApi
from reference_app.gateway.template.application import Function


class InitFailedError(Exception):
    """The function could not be loaded; `failure` is what its caller gets."""

    def __init__(self, failure: Failed) -> None:
        super().__init__(failure)
        self.failure = failure

    def __str__(self) -> str:
        return f"{self.failure.error_type}: {self.failure.message}"


class InitTimedOutError(Exception):
    """Init did not end within its limit (RA-31)."""


class ExecutionEnvironment:
    """`start`, then any number of `invoke`, each followed by `settle`; `stop` at the end."""

    def __init__(self, function: Function, variables: Mapping[str, str], log: FunctionLog) -> None:
        """`variables` is the whole environment of the process but for `AWS_LAMBDA_RUNTIME_API`."""
        self._function = function
        self._variables = variables
        self._log = log
        self._api = RuntimeApi(self)
        self._process: ChildProcess | None = None
        self._output: asyncio.ReadTransport | None = None
        self._initialised: asyncio.Future[Failed | None] | None = None
        self._outcome: asyncio.Future[Returned | Failed] | None = None
        self._settled: asyncio.Future[None] | None = None
        self._is_frozen = False
        self.is_awaited: Callable[[], bool] = lambda: False
        """Asked when the runtime asks for an event: whether one is there. Whoever says so hands it over at
        once, or calls `freeze`."""

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.alive

    async def start(self, limit_s: float) -> None:
        """Start the process and wait until it asks for its first event.

        Raises InitFailedError, or InitTimedOutError after `limit_s` seconds; it is stopped then, and can be
        started again.
        """
        started = time.monotonic()
        self._is_frozen = False
        self._api = RuntimeApi(self)
        self._initialised = asyncio.get_running_loop().create_future()
        address = await self._api.start()
        await self._spawn({**self._variables, "AWS_LAMBDA_RUNTIME_API": address})
        try:
            failure = await asyncio.wait_for(self._initialised, limit_s)
        except TimeoutError as late:
            await self.stop()
            raise InitTimedOutError(f"init took longer than {limit_s:g} s") from late
        if failure is not None:
            self._log.note(f"INIT failed: {failure.error_type}: {failure.message}")
            await self.stop()
            raise InitFailedError(failure)
        self._log.note(f"INIT Duration: {(time.monotonic() - started) * 1000:.2f} ms")

    async def invoke(self, invocation: Invocation) -> Returned | Failed:
        """Run one event to its outcome, or to the function's timeout; the function's faults do not raise."""
        assert self._process is not None
        self._log.begin(invocation.request_id)
        loop = asyncio.get_running_loop()
        started = time.monotonic()
        self._outcome = loop.create_future()
        self._settled = loop.create_future()
        self._api.deliver(invocation)
        if self._is_frozen:
            self._is_frozen = False
            # Not before the event has been sent, which is the loop's next step: the runtime wakes only once.
            loop.call_soon(self._process.thaw)
        limit = loop.call_later(self._function.timeout_s, self._time_out, invocation.request_id)
        try:
            outcome = await self._outcome
        finally:
            limit.cancel()
        duration_s = time.monotonic() - started
        self._log.report(duration_s, outcome)
        # What was printed before the outcome was posted has been read by now, a turn of the loop after it.
        return replace(outcome, log=self._log.take_tail(duration_s, outcome))

    async def settle(self, limit_s: float) -> bool:
        """Wait until the runtime asks for the next event; False if it died, or had to be killed, instead."""
        assert self._process is not None
        assert self._settled is not None
        limit = asyncio.get_running_loop().call_later(limit_s, self._process.kill)
        try:
            await self._settled
        finally:
            limit.cancel()
        return self._process.alive

    def freeze(self) -> None:
        """Stop the process where it stands, until the next event; harmless if it stands already."""
        if self._process is not None and not self._is_frozen:
            self._is_frozen = True
            self._process.freeze()

    async def stop(self) -> None:
        """Kill the process, close its port and its log."""
        if self._process is not None:
            await self._process.stop()
        if self._output is not None:
            self._output.close()
        await self._api.stop()

    def asked_for_next(self) -> None:
        if not self.is_awaited():
            self.freeze()
        self._end_init(None)
        self._end_settling()

    def responded(self, payload: bytes) -> None:
        self._end_invocation(Returned(payload))

    def failed(self, error_type: str, message: str) -> None:
        self._end_invocation(Failed("unhandled", error_type, message))

    def failed_to_initialise(self, error_type: str, message: str) -> None:
        self._end_init(Failed("init", error_type, message))

    async def _spawn(self, variables: Mapping[str, str]) -> None:
        command = runtime_client(self._function)
        if self._log.quiet:
            self._process = ChildProcess(
                command, environment=variables, folder=self._function.code, on_exit=self._exited
            )
            return
        reading, writing = os.pipe()
        try:
            self._process = ChildProcess(
                command,
                environment=variables,
                folder=self._function.code,
                output=writing,
                on_exit=self._exited,
            )
        finally:
            os.close(writing)
        self._output, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: PrintedLines(self._log), os.fdopen(reading, "rb", buffering=0)
        )

    def _exited(self, code: int) -> None:
        how = f"exit status {code}" if code >= 0 else f"signal {-code}"
        message = f"RequestId: {self._log.request_id} Error: Runtime exited with error: {how}"
        self._end_init(_exit_failure("init", message))
        self._end_invocation(_exit_failure("exited", message))
        self._end_settling()

    def _time_out(self, request_id: str) -> None:
        """The function's timeout has passed (RA-32)."""
        assert self._process is not None
        self._process.kill()
        message = (
            f"RequestId: {request_id} Error: Task timed out after {self._function.timeout_s:.2f} seconds"
        )
        self._end_invocation(Failed("function-timeout", "Sandbox.Timedout", message))

    def _end_init(self, failure: Failed | None) -> None:
        if self._initialised is not None and not self._initialised.done():
            self._initialised.set_result(failure)

    def _end_invocation(self, outcome: Returned | Failed) -> None:
        if self._outcome is not None and not self._outcome.done():
            self._outcome.set_result(outcome)

    def _end_settling(self) -> None:
        if self._settled is not None and not self._settled.done():
            self._settled.set_result(None)


def _exit_failure(reason: Literal["init", "exited"], message: str) -> Failed:
    return Failed(reason, "Runtime.ExitError", message)
