"""What it costs to invoke a function that does nothing: below that, no gateway gets with real functions."""

from __future__ import annotations

import json
import os
import time
import uuid
from dataclasses import dataclass

from reference_app.benchmark.processes import cpu_seconds, cpu_seconds_of_all
from reference_app.benchmark.stacks import FOLDER
from reference_app.gateway.functions.execution_environment import ExecutionEnvironment
from reference_app.gateway.functions.function_environment import Surroundings, function_variables
from reference_app.gateway.functions.logs import FunctionLog
from reference_app.gateway.functions.runtime_api import Invocation
from reference_app.gateway.template.application import Function

RUNTIMES = ("nodejs22.x", "python3.13")
_WARM = 2000
"""Invocations after which V8 has compiled what there is."""
_PATIENCE_S = 60.0
_EVENT = json.dumps({"requestContext": {"routeKey": "$connect", "connectionId": "x" * 16}}).encode()


@dataclass(frozen=True)
class Invocations:
    """Events that one execution environment got, one after the other, frozen between any two."""

    runtime: str
    count: int
    seconds: float
    stack_cpu_s: float
    environment_cpu_s: float


async def empty_invocations(runtime: str, seconds: float) -> Invocations:
    """Invoke an empty function again and again for so long.

    Raises InitFailedError or InitTimedOutError if it cannot be started.
    """
    function = Function("Empty", "empty", runtime, "app.handler", FOLDER / "empty", 20.0)
    variables = function_variables(function, Surroundings("us-east-1", "local", "local-secret"))
    environment = ExecutionEnvironment(function, variables, FunctionLog(None, function.logical_id))
    try:
        await environment.start(_PATIENCE_S)
        for _ in range(_WARM):
            await _invoke(environment)
        own = os.getpid()
        began, stack, everything = time.monotonic(), cpu_seconds(own), cpu_seconds_of_all(own)
        count = 0
        while time.monotonic() - began < seconds:
            await _invoke(environment)
            count += 1
        took, stack = time.monotonic() - began, cpu_seconds(own) - stack
        return Invocations(runtime, count, took, stack, cpu_seconds_of_all(own) - everything - stack)
    finally:
        await environment.stop()


async def _invoke(environment: ExecutionEnvironment) -> None:
    deadline_ms = int((time.time() + _PATIENCE_S) * 1000)
    await environment.invoke(Invocation(str(uuid.uuid4()), _EVENT, deadline_ms, "arn", "Root=1"))
    await environment.settle(_PATIENCE_S)
