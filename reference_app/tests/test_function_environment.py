"""Environment variables of functions."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from reference_app.gateway.functions.function_environment import Surroundings, function_variables
from reference_app.gateway.template.application import Function

SURROUNDINGS = Surroundings(
    "eu-west-1", "key-id", "secret", variables={"AWS_ENDPOINT_URL_DYNAMODB": "http://here"}
)


def variables(
    environment: dict[str, str] | None = None, surroundings: Surroundings = SURROUNDINGS
) -> dict[str, str]:
    function = Function(
        "Fn", "name", "python3.13", "app.handler", Path("/code"), 3.0, 512, environment or {}, None, "JSON"
    )
    return function_variables(function, surroundings)


def test_what_the_context_object_reads_is_there() -> None:
    """RA-27."""
    result = variables()

    assert result["AWS_LAMBDA_FUNCTION_NAME"] == "name"
    assert result["AWS_LAMBDA_FUNCTION_VERSION"] == "$LATEST"
    assert result["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert result["AWS_LAMBDA_LOG_GROUP_NAME"] == "/aws/lambda/name"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", result["AWS_LAMBDA_LOG_STREAM_NAME"])
    assert result["AWS_LAMBDA_LOG_FORMAT"] == "JSON"
    assert result["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert (result["_HANDLER"], result["LAMBDA_TASK_ROOT"]) == ("app.handler", "/code")


def test_region_credentials_and_endpoints_are_the_stacks() -> None:
    result = variables()

    assert (result["AWS_REGION"], result["AWS_DEFAULT_REGION"]) == ("eu-west-1", "eu-west-1")
    assert (result["AWS_ACCESS_KEY_ID"], result["AWS_SECRET_ACCESS_KEY"]) == ("key-id", "secret")
    assert result["AWS_SESSION_TOKEN"]
    assert result["AWS_ENDPOINT_URL_DYNAMODB"] == "http://here"


def test_the_functions_own_variables_win_but_for_those_that_lambda_reserves() -> None:
    result = variables({"TABLE": "t", "AWS_ENDPOINT_URL_DYNAMODB": "http://there", "AWS_REGION": "mars-1"})

    assert (result["TABLE"], result["AWS_ENDPOINT_URL_DYNAMODB"]) == ("t", "http://there")
    assert result["AWS_REGION"] == "eu-west-1"


def test_nothing_of_the_users_shell_gets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("HOME", "/home/somebody")

    result = variables()

    assert not {"AWS_PROFILE", "PYTHONPATH", "HOME"} & result.keys()
    assert result["AWS_CONFIG_FILE"] == os.devnull
    assert result["PATH"] == os.environ["PATH"]


def test_the_stacks_folders_come_before_the_functions_python_path() -> None:
    surroundings = Surroundings("r", "k", "s", python_path=(Path("/ours"),))

    assert variables({}, surroundings)["PYTHONPATH"] == "/ours"
    assert variables({"PYTHONPATH": "lib"}, surroundings)["PYTHONPATH"] == f"/ours{os.pathsep}lib"


def test_search_paths_hold_ours_then_the_functions_then_its_layers_then_the_sdk(tmp_path: Path) -> None:
    for place in ("python", "nodejs/node_modules"):
        (tmp_path / place).mkdir(parents=True)
    own = {"PYTHONPATH": "/own/python", "NODE_PATH": "/own/node"}
    function = Function(
        "Fn", "name", "nodejs22.x", "app.handler", Path("/code"), environment=own, layers=(tmp_path,)
    )
    around = Surroundings("r", "k", "s", python_path=(Path("/hook"),), node_sdks={"nodejs22.x": Path("/sdk")})

    result = function_variables(function, around)

    assert result["PYTHONPATH"] == f"/hook:/own/python:{tmp_path}/python"
    assert result["NODE_PATH"] == f"/own/node:{tmp_path}/nodejs/node_modules:/sdk"
