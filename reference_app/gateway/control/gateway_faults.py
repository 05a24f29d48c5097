"""Faults and trace of API Gateway and Lambda: `@connections`, invocations, `$connect`, `$disconnect`."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, TypeVar

from reference_app.gateway.control.controls import now_ns
from reference_app.gateway.control.fault_rules import (
    ColdStart,
    ConnectHeld,
    ConnectionsAnswer,
    ConnectionsHang,
    ConnectionsLatency,
    DisconnectDropped,
    DisconnectLate,
    DisconnectTwice,
    FunctionError,
    Occurrence,
    Site,
)
from reference_app.gateway.control.trace import ConnectionsCall, FunctionInvocation, LifecycleStep
from reference_app.gateway.functions.invocation import Failed, Returned
from reference_app.gateway.functions.session_token import calling_function

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from reference_app.gateway.control.controls import Controls
    from reference_app.gateway.control.fault_book import Injection
    from reference_app.gateway.functions.invocation import InvocationFacts
    from reference_app.gateway.http_message import HttpAnswer
    from reference_app.gateway.websocket_api.interference import ManagementCall, Outcome, OutcomeT

FaultT = TypeVar("FaultT")

INJECTED = Failed("unhandled", "InjectedError", "a fault rule made this invocation fail")
_DETAIL_LENGTH = 200


class GatewayFaults:
    """The `Interference` of a stack with controls."""

    def __init__(self, controls: Controls, retire: Callable[[str], None]) -> None:
        """`retire` ends the execution environments of the function with a logical id."""
        self._controls = controls
        self._retire = retire

    async def invoke(
        self, facts: InvocationFacts, run: Callable[[], Awaitable[OutcomeT]]
    ) -> OutcomeT | Failed:
        started = now_ns()
        injections = self._controls.decide(_about(Site.INVOCATION, facts))
        if _first(ColdStart, injections) is not None:
            self._retire(facts.function)
        error = _first(FunctionError, injections)
        outcome: OutcomeT | Failed | None = None
        try:
            outcome = INJECTED if error is not None and not error.carried_out else await run()
            if error is not None:
                outcome = INJECTED
        finally:
            name, detail = _described(outcome)
            self._controls.record(
                FunctionInvocation(
                    facts.function,
                    facts.route,
                    facts.connection_id,
                    facts.request_id,
                    name,
                    detail,
                    facts.cause,
                    _rules(injections),
                ),
                started,
            )
        return outcome

    async def admit(self, facts: InvocationFacts) -> None:
        injections = self._controls.decide(_about(Site.ADMISSION, facts))
        for injection in injections:
            if isinstance(injection.fault, ConnectHeld):
                self.step(facts.connection_id, "held", rules=(injection.rule_id,))
                await self._controls.hold(injection.fault.seconds, injection.rule_id)

    async def disconnect(self, facts: InvocationFacts, deliver: Callable[[], Awaitable[object]]) -> None:
        injections = self._controls.decide(_about(Site.DISCONNECT, facts))
        rules = _rules(injections)
        if _first(DisconnectDropped, injections) is not None:
            self.step(facts.connection_id, "disconnect-dropped", rules=rules)
            return
        for injection in injections:
            if isinstance(injection.fault, DisconnectLate):
                self.step(facts.connection_id, "disconnect-late", rules=(injection.rule_id,))
                await self._controls.hold(injection.fault.seconds, injection.rule_id)
        await deliver()
        if _first(DisconnectTwice, injections) is not None:
            self.step(facts.connection_id, "disconnect-twice", rules=rules)
            await deliver()

    async def call(self, call: ManagementCall) -> HttpAnswer:
        started = now_ns()
        headers = {name.lower(): value for name, value in call.request.headers}
        function = calling_function(headers.get("x-amz-security-token"))
        call_id = headers.get("amz-sdk-invocation-id")
        injections: tuple[Injection, ...] = ()
        if call.connection_id is not None:
            injections = self._controls.decide(
                Occurrence(
                    Site.CONNECTIONS_CALL,
                    connection=call.connection_id,
                    function=function,
                    method=call.request.method,
                    call=call_id,
                )
            )
        progress = _Progress(call, injections)
        try:
            return await progress.answer()
        finally:
            self._controls.record(
                ConnectionsCall(
                    call.request.method,
                    call.connection_id,
                    function,
                    call_id,
                    call.request_id,
                    len(call.request.body),
                    progress.status,
                    progress.error_type,
                    progress.carried_out,
                    _rules(injections),
                ),
                started,
            )

    def step(
        self,
        connection_id: str,
        step: str,
        detail: str = "",
        source_port: int | None = None,
        rules: tuple[str, ...] = (),
    ) -> None:
        event = LifecycleStep(step, connection_id, source_port, detail, rules)
        self._controls.record(event, now_ns())


class _Progress:
    """One `@connections` call on its way through the faults that met it."""

    def __init__(self, call: ManagementCall, injections: Sequence[Injection]) -> None:
        self._call = call
        self._injections = injections
        self.status: int | None = None
        self.error_type: str | None = None
        self.carried_out = False

    async def answer(self) -> HttpAnswer:
        for injection in self._injections:
            if isinstance(slow := injection.fault, ConnectionsLatency):
                await asyncio.sleep(slow.min_s + injection.chance * (slow.max_s - slow.min_s))
        hang = _first(ConnectionsHang, self._injections)
        failure = _first(ConnectionsAnswer, self._injections)
        fault = hang or failure
        done = None
        if fault is None or fault.carried_out:
            done = self._call.carry_out()
            self.carried_out = done.status < 300
        if hang is not None:
            await asyncio.get_running_loop().create_future()  # until the caller leaves
        answer = done if failure is None else self._call.fail(failure.status)
        assert answer is not None
        self.status = answer.status
        self.error_type = dict(answer.headers).get("x-amzn-errortype")
        return answer


def _about(site: Site, facts: InvocationFacts) -> Occurrence:
    return Occurrence(site, connection=facts.connection_id, function=facts.function, route=facts.route)


def _first(kind: type[FaultT], injections: Sequence[Injection]) -> FaultT | None:
    return next((each.fault for each in injections if isinstance(each.fault, kind)), None)


def _rules(injections: Sequence[Injection]) -> tuple[str, ...]:
    return tuple(injection.rule_id for injection in injections)


def _described(outcome: Outcome | None) -> tuple[str, str]:
    match outcome:
        case None:
            return "cancelled", ""
        case Returned(payload):
            return "returned", payload[:_DETAIL_LENGTH].decode(errors="replace")
        case Failed(reason, error_type, message):
            return reason, json.dumps([error_type, message[:_DETAIL_LENGTH]])
        case _:
            return "integration-timeout", ""
