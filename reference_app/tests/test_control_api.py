"""The control endpoint's interface, request by request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import pytest

from reference_app.gateway.control.control_api import ControlApi
from reference_app.gateway.control.controls import Controls
from reference_app.gateway.control.fault_rules import Occurrence, Site
from reference_app.gateway.dynamodb.engine_calls import EngineError
from reference_app.gateway.http_server import Request, Response, Stream

GONE = {"fault": {"kind": "connections-answer", "status": 410}}
JSON = {"host": "127.0.0.1:3002", "content-type": "application/json"}


class Stack:
    """Controls, and what the interface asks of the rest of the stack."""

    def __init__(self) -> None:
        self.controls = Controls()
        self.changes = 0
        self.fault: Exception | None = None
        self.api = ControlApi(
            self.controls, rules_changed=self.rules_changed, clock_moved=self.delete_expired
        )

    async def rules_changed(self) -> None:
        self.changes += 1
        if self.fault is not None and self.controls.faults:
            raise self.fault

    async def delete_expired(self) -> int:
        return 3

    async def ask(
        self, method: str, target: str, document: object = None, headers: Mapping[str, str] = JSON
    ) -> tuple[int, Any]:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        answer = await self.api.answer(Request(method, target, headers, body))
        if isinstance(answer, Response):
            return answer.status, json.loads(answer.body)
        lines = b"".join([chunk async for chunk in answer.chunks]).splitlines()
        return answer.status, [json.loads(line) for line in lines]


def script(scenario: Callable[[Stack], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        await scenario(Stack())

    asyncio.run(run())


def test_a_rule_can_be_added_read_and_removed() -> None:
    async def scenario(stack: Stack) -> None:
        status, rule = await stack.ask("POST", "/v1/faults", GONE)
        assert (status, rule["fault"]["status"], rule["injected"]) == (201, 410, 0)
        stack.controls.decide(Occurrence(Site.CONNECTIONS_CALL))
        status, rule = await stack.ask("GET", f"/v1/faults/{rule['id']}")
        assert (status, rule["injected"]) == (200, 1)
        assert (await stack.ask("GET", "/v1/faults"))[1] == {"rules": [rule]}
        assert await stack.ask("DELETE", f"/v1/faults/{rule['id']}") == (200, rule)
        assert (await stack.ask("GET", "/v1/faults"))[1] == {"rules": []}
        assert stack.changes == 2

    script(scenario)


def test_all_rules_can_be_removed_at_once() -> None:
    async def scenario(stack: Stack) -> None:
        for _ in range(2):
            await stack.ask("POST", "/v1/faults", GONE)
        assert await stack.ask("DELETE", "/v1/faults") == (200, {"removed": ["fault-1", "fault-2"]})
        assert stack.controls.decide(Occurrence(Site.CONNECTIONS_CALL)) == ()

    script(scenario)


def test_a_rule_that_cannot_be_put_in_force_is_not_there() -> None:
    async def scenario(stack: Stack) -> None:
        stack.fault = EngineError("no more tables")
        status, answer = await stack.ask("POST", "/v1/faults", GONE)
        assert (status, answer) == (500, {"error": "the DynamoDB engine: no more tables"})
        assert not stack.controls.faults

    script(scenario)


def test_the_trace_is_lines_from_a_number_on_and_of_some_kinds() -> None:
    async def scenario(stack: Stack) -> None:
        await stack.ask("POST", "/v1/faults", GONE)
        await stack.ask("POST", "/v1/clock", {"advance_s": 1})
        await stack.ask("DELETE", "/v1/faults")
        _, entries = await stack.ask("GET", "/v1/trace")
        assert [entry["kind"] for entry in entries] == ["fault-switched", "clock-moved", "fault-switched"]
        assert [entry["seq"] for entry in (await stack.ask("GET", "/v1/trace?after=2"))[1]] == [3]
        (moved,) = (await stack.ask("GET", "/v1/trace?kind=clock-moved,invocation"))[1]
        assert (moved["seconds"], moved["expired_rows"]) == (1, 3)

    script(scenario)


def test_the_trace_can_be_followed() -> None:
    async def scenario(stack: Stack) -> None:
        request = Request("GET", "/v1/trace?follow=true", JSON, b"")
        answer = await stack.api.answer(request)
        assert isinstance(answer, Stream)
        coming = asyncio.ensure_future(anext(answer.chunks))
        await asyncio.sleep(0)
        await stack.ask("POST", "/v1/faults", GONE)
        assert json.loads(await coming)["rule_id"] == "fault-1"
        await answer.chunks.aclose()

    script(scenario)


def test_the_clock_moves_forward_and_tells_what_expired() -> None:
    async def scenario(stack: Stack) -> None:
        before = (await stack.ask("GET", "/v1/clock"))[1]
        status, after = await stack.ask("POST", "/v1/clock", {"advance_s": 7200})
        assert (status, after["moved_s"], after["expired_rows"]) == (200, 7200, 3)
        assert after["epoch_ms"] - before["epoch_ms"] >= 7_200_000
        assert (await stack.ask("GET", "/v1"))[1]["clock"]["moved_s"] == 7200

    script(scenario)


@pytest.mark.parametrize(
    ("method", "target", "document", "status", "sentence"),
    [
        ("GET", "/v2", None, 404, "there is no /v2; the interface begins at /v1"),
        ("GET", "/v1/faults/fault-9", None, 404, "there is no rule fault-9"),
        ("DELETE", "/v1/faults/fault-9", None, 404, "there is no rule fault-9"),
        ("PUT", "/v1/faults", GONE, 405, "this takes GET, POST and DELETE"),
        ("POST", "/v1/trace", None, 405, "this takes GET"),
        ("POST", "/v1/faults", b"{", 400, "the body is not JSON"),
        ("POST", "/v1/faults", b"[" * 100_000, 400, "the body is not JSON"),
        ("POST", "/v1/faults", b"\xff", 400, "the body is not JSON"),
        ("POST", "/v1/faults", {"fault": {"kind": "x"}}, 400, "fault.kind: must be one of"),
        ("POST", "/v1/clock", {}, 400, "the body must be"),
        ("POST", "/v1/clock", {"advance_s": -1}, 400, "advance_s: must be from 0"),
        ("POST", "/v1/clock", {"advance_s": True}, 400, "advance_s: must be a number"),
        ("POST", "/v1/clock", b'{"advance_s": NaN}', 400, "advance_s: must be a number"),
        ("DELETE", "/v1/clock", None, 405, "this takes GET and POST"),
        ("GET", "/v1/trace?after=x", None, 400, "after: must be"),
        ("GET", "/v1/trace?follow=yes", None, 400, "follow: must be"),
        ("GET", "/v1/trace?since=1", None, 400, "since: there is no such parameter"),
    ],
)
def test_what_is_wrong_is_told(
    method: str, target: str, document: object, status: int, sentence: str
) -> None:
    async def scenario(stack: Stack) -> None:
        answered, answer = await stack.ask(method, target, document)
        assert answered == status
        assert answer["error"].startswith(sentence)

    script(scenario)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "127.0.0.1:3002"}, 200),
        ({"host": "localhost:3002"}, 200),
        ({"host": "[::1]:3002"}, 200),
        ({"host": "localhost", "origin": "http://127.0.0.1:8089"}, 200),
        ({"host": "rebound.example:3002"}, 403),
        ({"host": "127.0.0.1.evil.example"}, 403),
        ({"host": "127.0.0.1", "origin": "https://evil.example"}, 403),
        ({"host": "127.0.0.1", "origin": "null"}, 403),
        ({}, 403),
        ({"host": "[::1"}, 400),
    ],
)
def test_web_pages_of_others_cannot_get_here(headers: dict[str, str], status: int) -> None:
    async def scenario(stack: Stack) -> None:
        assert (await stack.ask("GET", "/v1", headers=headers))[0] == status

    script(scenario)


def test_a_form_of_another_site_cannot_add_a_rule() -> None:
    async def scenario(stack: Stack) -> None:
        headers = {"host": "127.0.0.1", "content-type": "text/plain"}
        assert (await stack.ask("POST", "/v1/faults", GONE, headers))[0] == 415

    script(scenario)
