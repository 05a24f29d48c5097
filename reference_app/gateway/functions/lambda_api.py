"""Lambda's Invoke for the functions of a stack: how they call each other."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_app.gateway.functions.asynchronous_events import AsynchronousEvents
from reference_app.gateway.functions.invocation import InvocationFacts
from reference_app.gateway.functions.invoke_call import (
    InvokeCall,
    accepted,
    answered,
    invoke_call,
    no_such_function,
)
from reference_app.gateway.functions.session_token import calling_function
from reference_app.gateway.http_server import Request, Response

if TYPE_CHECKING:
    from reference_app.gateway.clock import Clock
    from reference_app.gateway.functions.observed_invocations import Run
    from reference_app.gateway.functions.running_invocations import RunningInvocations
    from reference_app.gateway.template.application import Function


class LambdaApi:
    """Answers calls of Invoke until it is stopped; create it inside the event loop."""

    def __init__(
        self,
        functions: Mapping[str, Function],
        run: Run,
        running: RunningInvocations,
        *,
        arn_prefix: str,
        clock: Clock,
        notify: Callable[[str], None],
    ) -> None:
        """`running` tells which invocation a call comes from; `arn_prefix` ends in `:function:`.

        `notify` is told of asynchronous events that are given up.
        """
        self._by_name = {function.name: function for function in functions.values()}
        self._run = run
        self._running = running
        self._arn_prefix = arn_prefix
        self._events = AsynchronousEvents(clock, run, notify)

    async def answer(self, request: Request) -> Response:
        """Carry out a call of Invoke."""
        call = invoke_call(request)
        if isinstance(call, Response):
            return _with_request_id(call, str(uuid.uuid4()))
        function = self._by_name.get(call.function)
        if function is None:
            return _with_request_id(no_such_function(self._arn_prefix + call.function), str(uuid.uuid4()))
        facts = self._facts(function, call, request)
        return _with_request_id(await self._carry_out(call, function, facts), facts.request_id)

    async def stop(self) -> None:
        """Give up asynchronous events that wait to be tried again."""
        await self._events.stop()

    async def _carry_out(self, call: InvokeCall, function: Function, facts: InvocationFacts) -> Response:
        if call.kind == "RequestResponse":
            return answered(await self._run(facts, call.payload), with_log=call.wants_log)
        if call.kind == "Event":
            self._events.put(facts, call.payload, function.retries)
        return accepted(call.kind)

    def _facts(self, function: Function, call: InvokeCall, request: Request) -> InvocationFacts:
        caller = self._running.caller(request.headers.get("x-amzn-trace-id"))
        name = calling_function(request.headers.get("x-amz-security-token")) or "a caller from outside"
        return InvocationFacts(
            function.logical_id,
            route="",
            connection_id=caller.connection_id if caller is not None else "",
            request_id=str(uuid.uuid4()),
            cause=f"{call.kind} of {name}",
        )


def _with_request_id(response: Response, request_id: str) -> Response:
    return replace(response, headers={**response.headers, "x-amzn-RequestId": request_id})
