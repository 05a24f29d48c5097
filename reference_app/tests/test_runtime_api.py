"""The Lambda Runtime API, call by call."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from reference_app.gateway.functions.runtime_api import Invocation, RuntimeApi
from reference_app.tests.process_state import PATIENCE_S

BASE = "/2018-06-01/runtime"
INVOCATION = Invocation("id-1", b'{"a": 1}', 1_700_000_000_000, "arn:aws:lambda:r:a:function:f", "Root=1-2-3")


@dataclass
class Observer:
    """Notes what the runtime did."""

    seen: list[tuple[object, ...]] = field(default_factory=list)
    waits: asyncio.Event = field(default_factory=asyncio.Event)

    def asked_for_next(self) -> None:
        self.waits.set()

    def responded(self, payload: bytes) -> None:
        self.seen.append(("responded", payload))

    def failed(self, error_type: str, message: str) -> None:
        self.seen.append(("failed", error_type, message))

    def failed_to_initialise(self, error_type: str, message: str) -> None:
        self.seen.append(("failed to initialise", error_type, message))


class Runtime:
    """A runtime client that calls what the test tells it to."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address, timeout=PATIENCE_S)

    def get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        return self._call("GET", path, None, {})

    def post(self, path: str, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        status, _, reply = self._call("POST", path, body, headers or {})
        return status, json.loads(reply) if reply else None

    def close(self) -> None:
        self._connection.close()

    def _call(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        self._connection.request(method, BASE + path, body, headers)
        reply = self._connection.getresponse()
        return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read()


def with_runtime(script: Callable[[Runtime], None], *, deliver: bool = True) -> list[tuple[object, ...]]:
    """Run a blocking script against the API, deliver when it asks; returns what was observed."""

    async def run() -> list[tuple[object, ...]]:
        observer = Observer()
        api = RuntimeApi(observer)
        runtime = Runtime(await api.start())
        running = asyncio.ensure_future(asyncio.to_thread(script, runtime))
        if deliver:
            await observer.waits.wait()
            api.deliver(INVOCATION)
        await running
        runtime.close()
        await api.stop()
        return observer.seen

    return asyncio.run(run())


def test_next_carries_the_event_and_its_headers() -> None:
    """RA-1, RA-10 to RA-13, RA-15."""

    def script(runtime: Runtime) -> None:
        status, headers, body = runtime.get("/invocation/next")

        assert (status, body) == (200, INVOCATION.event)
        assert headers["content-type"] == "application/json"
        assert headers["lambda-runtime-aws-request-id"] == "id-1"
        assert headers["lambda-runtime-deadline-ms"] == "1700000000000"
        assert headers["lambda-runtime-invoked-function-arn"] == INVOCATION.function_arn
        assert headers["lambda-runtime-trace-id"] == "Root=1-2-3"

    assert with_runtime(script) == []


def test_a_response_is_accepted_and_passed_on() -> None:
    """RA-2."""

    def script(runtime: Runtime) -> None:
        runtime.get("/invocation/next")
        assert runtime.post("/invocation/id-1/response", b'{"statusCode": 200}') == (202, {"status": "OK"})

    assert with_runtime(script) == [("responded", b'{"statusCode": 200}')]


def test_the_type_of_an_error_is_taken_from_its_body() -> None:
    """RA-3, RA-23."""

    def script(runtime: Runtime) -> None:
        runtime.get("/invocation/next")
        body = b'{"errorMessage": "no", "errorType": "ValueError"}'
        assert runtime.post("/invocation/id-1/error", body) == (202, {"status": "OK"})

    assert with_runtime(script) == [("failed", "ValueError", "no")]


def test_an_error_without_json_is_still_an_error() -> None:
    def script(runtime: Runtime) -> None:
        runtime.get("/invocation/next")
        assert runtime.post("/invocation/id-1/error", b"oops")[0] == 202

    assert with_runtime(script) == [("failed", "Unhandled", "")]


def test_an_init_error_is_accepted_with_202() -> None:
    """RA-4, RA-24."""

    def script(runtime: Runtime) -> None:
        headers = {"Lambda-Runtime-Function-Error-Type": "Runtime.ImportModuleError"}
        assert runtime.post("/init/error", b'{"errorMessage": "no app"}', headers) == (202, {"status": "OK"})

    observed = with_runtime(script, deliver=False)
    assert observed == [("failed to initialise", "Runtime.ImportModuleError", "no app")]


def test_an_unknown_or_repeated_request_id_is_refused() -> None:
    """RA-6."""

    def script(runtime: Runtime) -> None:
        runtime.get("/invocation/next")
        refusal = (400, {"errorMessage": "Invalid request ID", "errorType": "InvalidRequestID"})
        assert runtime.post("/invocation/other/response", b"{}") == refusal
        runtime.post("/invocation/id-1/response", b"{}")
        assert runtime.post("/invocation/id-1/response", b"{}") == refusal

    assert with_runtime(script) == [("responded", b"{}")]


def test_calls_out_of_turn_are_refused() -> None:
    """RA-7."""

    def script(runtime: Runtime) -> None:
        before = runtime.post("/invocation/id-1/response", b"{}")
        assert (before[0], before[1]["errorType"]) == (403, "InvalidStateTransition")
        runtime.get("/invocation/next")
        assert runtime.get("/invocation/next")[0] == 403
        assert runtime.post("/init/error", b"{}")[0] == 403

    assert with_runtime(script) == []


def test_a_response_of_more_than_6_mb_is_refused_and_fails_the_invocation() -> None:
    """RA-8."""

    def script(runtime: Runtime) -> None:
        runtime.get("/invocation/next")
        status, reply = runtime.post("/invocation/id-1/response", b"x" * (6 * 1024 * 1024 + 101))
        assert (status, reply["errorType"]) == (413, "RequestEntityTooLarge")

    ((kind, error_type, _),) = with_runtime(script)
    assert (kind, error_type) == ("failed", "Function.ResponseSizeTooLarge")


def test_other_paths_are_not_there() -> None:
    def script(runtime: Runtime) -> None:
        assert runtime.get("/nothing")[0] == 404
        assert runtime.post("/invocation/id-1/wat", b"{}")[0] == 404

    assert with_runtime(script, deliver=False) == []


def test_nothing_can_be_delivered_to_a_runtime_that_does_not_wait() -> None:
    async def run() -> None:
        api = RuntimeApi(Observer())
        with pytest.raises(RuntimeError, match="INITIALISING"):
            api.deliver(INVOCATION)

    asyncio.run(run())
