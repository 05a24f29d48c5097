"""The runtime client for Node.js functions, in real execution environments."""

from __future__ import annotations

import asyncio
import io
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from reference_app.gateway.functions import node_runtime
from reference_app.gateway.functions.execution_environment import ExecutionEnvironment, InitFailedError
from reference_app.gateway.functions.function_environment import Surroundings, function_variables
from reference_app.gateway.functions.invocation import Failed, Returned
from reference_app.gateway.functions.logs import FunctionLog, LogWriter
from reference_app.gateway.functions.runtime_api import Invocation
from reference_app.gateway.template.application import Function
from reference_app.tests.process_state import PATIENCE_S, eventually, state

pytestmark = pytest.mark.skipif(node_runtime.installed_version() is None, reason="there is no node here")

APPS = Path(__file__).with_name("apps")
STYLES = APPS / "node_styles"
MODULE = APPS / "node_module"


def invocation(**event: object) -> Invocation:
    deadline_ms = int((time.time() + 20) * 1000)
    return Invocation(str(uuid.uuid4()), json.dumps(event).encode(), deadline_ms, "arn:of:node", "Root=1")


def run(
    script: Callable[[ExecutionEnvironment], Awaitable[None]],
    handler: str,
    code: Path = STYLES,
    writer: LogWriter | None = None,
    environment: Mapping[str, str] | None = None,
    log_format: str = "Text",
) -> None:
    """Run a script with a started environment, and stop it."""

    async def scenario() -> None:
        variables = {"COLOUR": "blue", **(environment or {})}
        function = Function(
            "Fn", "fn", "nodejs20.x", handler, code, 20.0, environment=variables, log_format=log_format
        )
        log = FunctionLog(writer, function.logical_id)
        process = ExecutionEnvironment(
            function, function_variables(function, Surroundings("eu-west-1", "key", "secret")), log
        )
        try:
            await process.start(PATIENCE_S)
            await script(process)
        finally:
            await process.stop()

    asyncio.run(scenario())


def outcomes(
    handler: str,
    *events: Mapping[str, object],
    code: Path = STYLES,
    environment: Mapping[str, str] | None = None,
) -> list[Returned | Failed]:
    """What comes of these events, one after the other in one environment."""
    found: list[Returned | Failed] = []

    async def script(process: ExecutionEnvironment) -> None:
        for event in events or ({},):
            found.append(await process.invoke(invocation(**event)))
            await process.settle(PATIENCE_S)

    run(script, handler, code, environment=environment)
    return found


def results(handler: str, *events: Mapping[str, object], **options: Any) -> list[Any]:
    found = []
    for outcome in outcomes(handler, *events, **options):
        assert isinstance(outcome, Returned), outcome
        found.append(json.loads(outcome.payload))
    return found


def failure(handler: str) -> Failed:
    (outcome,) = outcomes(handler)
    assert isinstance(outcome, Failed), outcome
    return outcome


def init_failure(handler: str, code: Path) -> Failed:
    with pytest.raises(InitFailedError) as caught:
        outcomes(handler, code=code)
    return caught.value.failure


def test_the_handler_has_its_event_folder_variables_and_context() -> None:
    """RA-13, RA-27, RA-28."""
    (value,) = results("styles.promised", {"a": "ü"})

    assert (value["echo"], value["cwd"], value["colour"]) == ({"a": "ü"}, str(STYLES), "blue")
    assert value["trace"] == "Root=1"
    context = value["context"]
    assert (context["functionName"], context["memoryLimitInMB"]) == ("fn", "128")
    assert context["invokedFunctionArn"] == "arn:of:node"
    assert 0 < context["remaining"] <= 20_000


def test_globals_stay_warm_between_invocations() -> None:
    """RA-30."""
    assert [value["calls"] for value in results("styles.promised", {}, {})] == [1, 2]


def test_a_callback_waits_for_the_empty_event_loop_unless_told_otherwise() -> None:
    late, prompt = results("styles.calledBack", {"waits": True}, {"waits": False})

    assert (late["isLate"], prompt["isLate"]) == (True, False)


@pytest.mark.parametrize(
    ("handler", "result"), [("done", "well"), ("silent", None), ("nested.handler", "nested")]
)
def test_handlers_end_in_other_ways_too(handler: str, result: object) -> None:
    assert results(f"styles.{handler}") == [result]


@pytest.mark.parametrize(
    ("handler", "error_type", "message"),
    [
        ("throwing", "TypeError", "no such thing"),
        ("rejecting", "TypeError", "no such promise"),
        ("throwingText", "string", "just text"),
        ("calledBackWithError", "RangeError", "too far"),
        ("circular", "Error", "Unable to stringify response body"),
        ("neverSettled", "Runtime.NodeJsExit", "never settled"),
        ("failingLater", "Error", "out of nowhere"),
        ("rejectingUnheard", "Runtime.UnhandledPromiseRejection", "nobody listens"),
    ],
)
def test_an_error_has_its_type_and_message(handler: str, error_type: str, message: str) -> None:
    """RA-3, RA-23."""
    failed = failure(f"styles.{handler}")

    assert (failed.reason, failed.error_type) == ("unhandled", error_type)
    assert message in failed.message


def test_an_environment_goes_on_after_an_error_of_the_handler() -> None:
    assert len(outcomes("styles.throwing", {}, {})) == 2


def test_events_and_results_may_be_many_packets_long() -> None:
    text = "grüße" * 100_000

    assert results("styles.repeating", {"text": text, "times": 2}) == [text * 2]


def test_a_result_that_is_too_large_fails_its_invocation_only() -> None:
    """RA-8."""
    huge = {"text": "x" * 1024, "times": 6 * 1024 + 1}

    too_large, good = outcomes("styles.repeating", huge, {"text": "x", "times": 2})

    assert isinstance(too_large, Failed)
    assert too_large.error_type == "Function.ResponseSizeTooLarge"
    assert good == Returned(b'"xx"')


def test_a_result_beyond_what_the_runtime_api_reads_ends_the_environment() -> None:
    (outcome,) = outcomes("styles.repeating", {"text": "x" * 1024, "times": 13 * 1024})

    assert isinstance(outcome, Failed)
    assert (outcome.reason, outcome.error_type) == ("exited", "Runtime.ExitError")
    assert outcome.message.endswith("exit status 1")


def test_an_environment_ends_with_an_error_that_nobody_caught() -> None:
    async def script(process: ExecutionEnvironment) -> None:
        await process.invoke(invocation())
        assert not await process.settle(PATIENCE_S)

    run(script, "styles.failingLater")


def test_the_environment_is_frozen_once_the_handler_has_settled() -> None:
    """RC-20: what the handler has left behind goes on with the next invocation, not before."""

    async def script(process: ExecutionEnvironment) -> None:
        await process.invoke(invocation())
        assert await process.settle(PATIENCE_S)
        child = process._process
        assert child is not None
        eventually(lambda: state(child.pid) == "T", "the process is stopped")

    run(script, "styles.leavingWork")


def test_an_es_module_is_imported_top_level_await_and_all() -> None:
    (value,) = results("app.handler", {"name": "x"}, code=MODULE)

    assert (value["greeting"], value["name"]) == ("hello", "x")


def test_an_import_finds_packages_on_node_path(tmp_path: Path) -> None:
    """Node itself looks there for `require` only; Lambda's runtime for `import` too."""
    package = tmp_path / "node_modules" / "@scope" / "found"
    package.mkdir(parents=True)
    (package / "index.js").write_text("exports.answer = 42;")

    (value,) = results(
        "app.handler",
        {"package": "@scope/found"},
        code=MODULE,
        environment={"NODE_PATH": str(tmp_path / "node_modules")},
    )

    assert value["package"]["fallback"] == {"answer": 42}


@pytest.mark.parametrize("specifier", ['"@scope/found"', "`@scope/${'found'}`", '"node:path"'])
def test_a_common_js_module_may_import_packages_from_there_too(tmp_path: Path, specifier: str) -> None:
    package = tmp_path / "node_modules" / "@scope" / "found"
    package.mkdir(parents=True)
    (package / "index.js").write_text("exports.sep = '/';")
    (tmp_path / "app.js").write_text(f"exports.handler = async () => (await import({specifier})).sep;")

    assert results(
        "app.handler", code=tmp_path, environment={"NODE_PATH": str(tmp_path / "node_modules")}
    ) == ["/"]


@pytest.mark.parametrize(
    ("handler", "error_type", "message"),
    [
        ("app.nothing", "Runtime.HandlerNotFound", "app.nothing is undefined or not exported"),
        ("failing.handler", "RangeError", "not today"),
        ("malformed.handler", "Runtime.UserCodeSyntaxError", "SyntaxError"),
        ("lacking.handler", "Runtime.ImportModuleError", "a-package-that-is-nowhere"),
        ("absent.handler", "Runtime.ImportModuleError", "Cannot find module"),
        ("handler", "Runtime.MalformedHandlerName", "Bad handler"),
    ],
)
def test_a_function_that_cannot_be_loaded_fails_its_init(handler: str, error_type: str, message: str) -> None:
    """RA-24, RA-25."""
    failed = init_failure(handler, MODULE)

    assert (failed.reason, failed.error_type) == ("init", error_type)
    assert message in failed.message


def test_an_export_that_is_no_function_is_no_handler() -> None:
    """RA-25."""
    assert init_failure("styles.number", STYLES).error_type == "Runtime.HandlerNotFound"


def printed(log_format: str) -> str:
    stream = io.StringIO()
    writer = LogWriter(stream)

    async def script(process: ExecutionEnvironment) -> None:
        await process.invoke(invocation())
        await process.settle(PATIENCE_S)
        await asyncio.to_thread(eventually, lambda: "an error" in stream.getvalue(), "the line is there")

    run(script, "styles.printing", writer=writer, log_format=log_format)
    writer.close()
    return stream.getvalue()


def test_console_lines_have_time_request_id_and_level() -> None:
    text = printed("Text")

    assert "\tINFO\tone line\n    two" in text
    assert "\tERROR\tan error" in text


def test_console_lines_are_json_where_the_function_says_so() -> None:
    line = next(line for line in printed("JSON").splitlines() if "one line" in line)

    entry = json.loads(line.partition("] ")[2])
    assert (entry["level"], entry["message"]) == ("INFO", "one line\ntwo")
    assert uuid.UUID(entry["requestId"])
