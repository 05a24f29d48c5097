"""Functions that invoke each other: LI-1, LI-2, LI-6, and by LI-7 whom an invocation goes back to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reference_app.gateway.clock import SystemClock
from reference_app.gateway.functions.invocation import Failed, InvocationFacts, Returned
from reference_app.gateway.functions.lambda_api import LambdaApi
from reference_app.gateway.functions.observed_invocations import observed
from reference_app.gateway.functions.running_invocations import RunningInvocations
from reference_app.gateway.functions.session_token import session_token
from reference_app.gateway.http_server import Request, Response
from reference_app.gateway.template.application import Function

PREFIX = "arn:aws:lambda:eu-west-1:123456789012:function:"
CALLER = InvocationFacts("Send", "sendmessage", "c1", "r1")
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"
BROADCAST = Function("Broadcast", "the-broadcast", "python3.13", "app.handler", Path())


@dataclass
class Lambda:
    """One function, which answers with its event."""

    invocations: list[InvocationFacts] = field(default_factory=list)
    ran: asyncio.Event = field(default_factory=asyncio.Event)

    async def invoke(self, function: str, event: bytes, facts: InvocationFacts | None = None) -> Returned:
        assert facts is not None
        assert facts.function == function
        self.invocations.append(facts)
        self.ran.set()
        return Returned(event)


@dataclass
class Onlooker:
    """Sees what is invoked."""

    seen: list[InvocationFacts] = field(default_factory=list)

    async def invoke(
        self, facts: InvocationFacts, run: Callable[[], Awaitable[Returned | Failed]]
    ) -> Returned | Failed:
        self.seen.append(facts)
        return await run()


def ask(
    function: str, kind: str = "RequestResponse", headers: Mapping[str, str] | None = None
) -> tuple[Response, Lambda]:
    """One call, made from an invocation of Send."""

    async def run() -> tuple[Response, Lambda]:
        served, onlooker, running = Lambda(), Onlooker(), RunningInvocations()
        api = LambdaApi(
            {"Broadcast": BROADCAST},
            observed(served, onlooker),
            running,
            arn_prefix=PREFIX,
            clock=SystemClock(),
            notify=print,
        )
        sent = {"x-amz-invocation-type": kind, **(headers or {})}
        target = f"/2015-03-31/functions/{function}/invocations"
        with running.under(TRACE, CALLER):
            answer = await api.answer(Request("POST", target, sent, b'{"a": 1}'))
        if answer.status == 202:
            await served.ran.wait()
        await api.stop()
        assert onlooker.seen == served.invocations
        return answer, served

    return asyncio.run(run())


def test_a_function_is_run_for_the_connection_of_the_invocation_that_calls_it() -> None:
    headers = {"x-amzn-trace-id": TRACE, "x-amz-security-token": session_token("Send")}

    answer, served = ask("the-broadcast", headers=headers)

    (facts,) = served.invocations
    assert (answer.status, answer.body) == (200, b'{"a": 1}')
    assert (facts.function, facts.route, facts.connection_id) == ("Broadcast", "", "c1")
    assert facts.cause == "RequestResponse of Send"
    assert answer.headers["x-amzn-RequestId"] == facts.request_id


def test_an_event_is_answered_before_it_is_run() -> None:
    answer, served = ask(PREFIX + "the-broadcast", "Event", {"x-amz-security-token": session_token("Send")})

    assert (answer.status, answer.body) == (202, b"")
    assert [facts.cause for facts in served.invocations] == ["Event of Send"]


def test_a_caller_from_outside_has_no_connection() -> None:
    _, served = ask("the-broadcast")

    assert [(facts.connection_id, facts.cause) for facts in served.invocations] == [
        ("", "RequestResponse of a caller from outside")
    ]


def test_a_dry_run_runs_nothing() -> None:
    answer, served = ask("the-broadcast", "DryRun")

    assert (answer.status, served.invocations) == (204, [])


def test_a_function_that_is_not_there_is_told_by_its_arn() -> None:
    answer, _ = ask("another")

    assert answer.status == 404
    assert json.loads(answer.body)["Message"] == f"Function not found: {PREFIX}another"
    assert answer.headers["x-amzn-RequestId"]


def test_a_call_that_is_wrong_has_a_request_id_too() -> None:
    answer, _ = ask("the-broadcast", "Sometimes")

    assert answer.status == 400
    assert answer.headers["x-amzn-RequestId"]
