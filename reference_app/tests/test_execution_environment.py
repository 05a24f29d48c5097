"""One execution environment: a real process with Lambda's own runtime client."""

from __future__ import annotations

import asyncio
import io
import json
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reference_app.gateway.functions.execution_environment import (
    ExecutionEnvironment,
    InitFailedError,
    InitTimedOutError,
)
from reference_app.gateway.functions.function_environment import Surroundings, function_variables
from reference_app.gateway.functions.invocation import Failed, Returned
from reference_app.gateway.functions.logs import FunctionLog, LogWriter
from reference_app.gateway.functions.runtime_api import Invocation
from reference_app.gateway.template.application import Function
from reference_app.tests.process_state import PATIENCE_S, eventually, state

APPS = Path(__file__).with_name("apps")
MOODS = Function(
    "Moods",
    "moods",
    "python3.13",
    "app.handler",
    APPS / "moods",
    timeout_s=20.0,
    environment={"COLOUR": "blue"},
)


def invocation(**event: object) -> Invocation:
    deadline_ms = int((time.time() + 20) * 1000)
    return Invocation(str(uuid.uuid4()), json.dumps(event).encode(), deadline_ms, "arn:of:moods", "Root=1")


def run(
    script: Callable[[ExecutionEnvironment], Awaitable[None]],
    function: Function = MOODS,
    writer: LogWriter | None = None,
) -> None:
    """Run a script with a started environment, and stop it."""

    async def scenario() -> None:
        log = FunctionLog(writer, function.logical_id)
        variables = function_variables(function, Surroundings("eu-west-1", "key", "secret"))
        environment = ExecutionEnvironment(function, variables, log)
        try:
            await environment.start(PATIENCE_S)
            await script(environment)
        finally:
            await environment.stop()
        assert not environment.alive

    asyncio.run(scenario())


def result(outcome: Returned | Failed) -> dict[str, Any]:
    assert isinstance(outcome, Returned), outcome
    value: dict[str, Any] = json.loads(outcome.payload)
    return value


def test_a_module_named_as_one_of_pythons_is_the_functions_own_business(tmp_path: Path) -> None:
    (tmp_path / "logging.py").write_text("raise RuntimeError('not for the runtime client')\n")
    (tmp_path / "rooms.py").write_text("NAME = 'lobby'\n")
    code = "import logging, rooms\n\n\ndef handler(event, context):\n    return {'room': rooms.NAME}\n"
    (tmp_path / "app.py").write_text(code)

    async def script(environment: ExecutionEnvironment) -> None:
        assert result(await environment.invoke(invocation())) == {"room": "lobby"}

    run(script, replace(MOODS, code=tmp_path))


def test_the_handler_runs_in_its_folder_with_its_variables_and_context() -> None:
    async def script(environment: ExecutionEnvironment) -> None:
        value = result(await environment.invoke(invocation(variable="COLOUR")))
        assert (value["cwd"], value["variable"]) == (str(APPS / "moods"), "blue")
        assert value["function_arn"] == "arn:of:moods"
        assert 0 < value["remaining_ms"] <= 20_000

    run(script)


def test_globals_stay_warm_from_event_to_event() -> None:
    async def script(environment: ExecutionEnvironment) -> None:
        for number in (1, 2, 3):
            value = result(await environment.invoke(invocation()))
            assert value["served"] == number
            assert await environment.settle(PATIENCE_S)

    run(script)


def test_what_a_handler_leaves_running_stands_still_until_the_next_event(tmp_path: Path) -> None:
    """RA-30, RC-20."""
    file = tmp_path / "lines"

    async def script(environment: ExecutionEnvironment) -> None:
        pid = result(await environment.invoke(invocation(mood="work-on", file=str(file))))["pid"]
        await environment.settle(PATIENCE_S)
        eventually(lambda: state(pid) == "T", "frozen")
        frozen_at = file.stat().st_size if file.exists() else 0
        time.sleep(0.05)  # fifty lines' worth of time, if it ran on
        assert (file.stat().st_size if file.exists() else 0) == frozen_at
        await environment.invoke(invocation(mood="sleep", seconds=0.02))
        assert file.stat().st_size > frozen_at

    run(script)


def test_an_environment_is_frozen_before_its_first_event() -> None:
    async def script(environment: ExecutionEnvironment) -> None:
        assert environment._process is not None
        pid = environment._process.pid
        eventually(lambda: state(pid) == "T", "frozen")

    run(script)


def test_an_environment_that_is_awaited_stays_awake_until_it_is_frozen_after_all() -> None:
    """RA-30."""

    async def script(environment: ExecutionEnvironment) -> None:
        environment.is_awaited = lambda: True
        for number in (1, 2):
            value = result(await environment.invoke(invocation()))
            assert value["served"] == number
            assert await environment.settle(PATIENCE_S)
            assert state(value["pid"]) != "T"
        environment.freeze()
        eventually(lambda: state(value["pid"]) == "T", "frozen")
        assert result(await environment.invoke(invocation()))["served"] == 3

    run(script)


def test_an_exception_fails_the_invocation_and_leaves_the_environment_warm() -> None:
    """RA-3."""

    async def script(environment: ExecutionEnvironment) -> None:
        outcome = await environment.invoke(invocation(mood="raise"))
        assert outcome == Failed("unhandled", "ValueError", "not today")
        assert await environment.settle(PATIENCE_S)
        assert result(await environment.invoke(invocation()))["served"] == 2

    run(script)


def test_a_runtime_that_exits_fails_the_invocation() -> None:
    """RA-32."""

    async def script(environment: ExecutionEnvironment) -> None:
        outcome = await environment.invoke(invocation(mood="exit"))
        assert isinstance(outcome, Failed)
        assert (outcome.reason, outcome.error_type) == ("exited", "Runtime.ExitError")
        assert outcome.message.endswith("Runtime exited with error: exit status 3")
        assert not await environment.settle(PATIENCE_S)

    run(script)


def test_the_functions_timeout_kills_it() -> None:
    """RA-32."""
    hasty = Function("Hasty", "hasty", "python3.13", "app.handler", APPS / "moods", timeout_s=0.2)

    async def script(environment: ExecutionEnvironment) -> None:
        outcome = await environment.invoke(invocation(mood="sleep", seconds=60))
        assert isinstance(outcome, Failed)
        assert (outcome.reason, outcome.error_type) == ("function-timeout", "Sandbox.Timedout")
        assert outcome.message.endswith("Task timed out after 0.20 seconds")
        assert not await environment.settle(PATIENCE_S)

    run(script, hasty)


def test_code_that_cannot_be_imported_is_an_init_error() -> None:
    """RA-24."""
    function = Function("Bad", "bad", "python3.13", "app.handler", APPS / "unimportable")

    async def never(environment: ExecutionEnvironment) -> None:
        raise AssertionError(environment)

    with pytest.raises(InitFailedError, match="a_module_that_nobody_wrote") as caught:
        run(never, function)
    assert (caught.value.failure.reason, caught.value.failure.error_type) == (
        "init",
        "Runtime.ImportModuleError",
    )


def test_code_that_exits_while_it_is_imported_is_an_init_error(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import os; os._exit(5)")
    function = Function("Exits", "exits", "python3.13", "app.handler", tmp_path)

    async def never(environment: ExecutionEnvironment) -> None:
        raise AssertionError(environment)

    with pytest.raises(InitFailedError, match="exit status 5"):
        run(never, function)


def test_an_init_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    """RA-31."""
    (tmp_path / "app.py").write_text("import time; time.sleep(60)")
    function = Function("Slow", "slow", "python3.13", "app.handler", tmp_path)

    async def scenario() -> None:
        variables = function_variables(function, Surroundings("r", "k", "s"))
        environment = ExecutionEnvironment(function, variables, FunctionLog(None, "Slow"))
        with pytest.raises(InitTimedOutError):
            await environment.start(0.2)
        assert not environment.alive

    asyncio.run(scenario())


def test_what_the_handler_prints_is_logged_with_its_request_id() -> None:
    stream = io.StringIO()
    writer = LogWriter(stream)
    call = invocation(mood="print", text="grüß dich")

    async def script(environment: ExecutionEnvironment) -> None:
        outcome = await environment.invoke(call)
        assert "\ngrüß dich\nEND RequestId: " in outcome.log.decode()
        async with asyncio.timeout(PATIENCE_S):
            while "grüß dich" not in stream.getvalue():
                await asyncio.sleep(0.005)

    run(script, writer=writer)

    writer.close()
    assert f"[Moods {call.request_id[:8]}] grüß dich" in stream.getvalue().splitlines()
    assert f"REPORT RequestId: {call.request_id}" in stream.getvalue()


BOOTSTRAP = """#!{interpreter}
import http.client, os
base = "/2018-06-01/runtime/invocation/"
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    connection.request("GET", base + "next")
    event = connection.getresponse()
    answer = event.read().replace(b"ping", os.environ["_HANDLER"].encode())
    connection.request("POST", base + event.headers["Lambda-Runtime-Aws-Request-Id"] + "/response", answer)
    connection.getresponse().read()
"""


def test_a_bootstrap_speaks_the_runtime_api_itself(tmp_path: Path) -> None:
    """RA-1, RA-2."""
    (tmp_path / "bootstrap").write_text(BOOTSTRAP.format(interpreter=sys.executable))
    (tmp_path / "bootstrap").chmod(0o755)
    own = Function("Own", "own", "provided.al2023", "pong", tmp_path, timeout_s=20.0)

    async def script(environment: ExecutionEnvironment) -> None:
        for _ in range(2):
            assert result(await environment.invoke(invocation(say="ping"))) == {"say": "pong"}
            assert await environment.settle(PATIENCE_S)

    run(script, own)
