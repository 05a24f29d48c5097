"""Lambda as the gateway sees it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from reference_app.gateway.functions.function_environment import Surroundings
from reference_app.gateway.functions.invocation import Failed, Returned
from reference_app.gateway.functions.lambda_service import LambdaService
from reference_app.gateway.template.application import Function
from reference_app.tests.process_state import eventually, state

APPS = Path(__file__).with_name("apps")
SURROUNDINGS = Surroundings("eu-west-1", "key", "secret")


def function(name: str, app: str = "moods") -> Function:
    return Function(name, name.lower(), "python3.13", "app.handler", APPS / app, timeout_s=20.0)


def test_each_function_is_invoked_by_its_logical_id_and_leaves_no_process() -> None:
    async def run() -> list[int]:
        service = LambdaService(
            [function("One"), function("Two")],
            account_id="123456789012",
            concurrency=2,
            logs=None,
            notify=print,
        )
        await service.start(SURROUNDINGS)
        outcomes = [await service.invoke(name, b"{}") for name in ("One", "Two")]
        await service.stop()
        assert all(isinstance(outcome, Returned) for outcome in outcomes)
        values = [json.loads(outcome.payload) for outcome in outcomes if isinstance(outcome, Returned)]
        assert values[0]["function_arn"] == "arn:aws:lambda:eu-west-1:123456789012:function:one"
        return [value["pid"] for value in values]

    one, two = asyncio.run(run())

    assert one != two
    eventually(lambda: state(one) is None and state(two) is None, "no process is left")


def test_a_function_that_cannot_be_loaded_does_not_keep_the_others_from_starting() -> None:
    told: list[str] = []

    async def run() -> None:
        functions = [function("Good"), function("Bad", "unimportable")]
        service = LambdaService(functions, account_id="1", concurrency=2, logs=None, notify=told.append)
        await service.start(SURROUNDINGS)
        assert isinstance(await service.invoke("Good", b"{}"), Returned)
        bad = await service.invoke("Bad", b"{}")
        assert isinstance(bad, Failed)
        assert (bad.reason, bad.error_type) == ("init", "Runtime.ImportModuleError")
        await service.stop()

    asyncio.run(run())

    (sentence,) = told
    assert sentence.startswith("function Bad: Runtime.ImportModuleError: Unable to import module 'app'")


def test_before_the_start_there_is_nothing_to_invoke() -> None:
    async def run() -> None:
        service = LambdaService([function("One")], account_id="1", concurrency=1, logs=None, notify=print)
        outcome = await service.invoke("One", b"{}")
        assert isinstance(outcome, Failed)
        await service.stop()

    asyncio.run(run())
