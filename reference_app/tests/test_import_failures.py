"""What is said about a function that cannot be imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from reference_app.gateway.functions.import_failures import told
from reference_app.gateway.functions.invocation import Failed
from reference_app.gateway.template.application import Function


def told_of(runtime: str, message: str, error_type: str = "Runtime.ImportModuleError") -> str:
    return told(Function("Fn", "fn", runtime, "app.handler", Path()), Failed("init", error_type, message))


@pytest.mark.parametrize(
    ("runtime", "message"),
    [
        ("python3.12", "Unable to import module 'app': No module named 'jwt'"),
        ("nodejs20.x", "Error: Cannot find module 'uuid'\nRequire stack:\n- /code/app.js"),
        ("nodejs16.x", "Error: Cannot find module 'dotenv'"),
    ],
)
def test_a_package_that_is_not_there_is_for_sam_build(runtime: str, message: str) -> None:
    result = told_of(runtime, message)

    assert result.startswith(f"Runtime.ImportModuleError: {message.splitlines()[0]} (")
    assert "sam build" in result
    assert "\n" not in result


@pytest.mark.parametrize(
    ("runtime", "module", "advice"),
    [
        ("nodejs20.x", "aws-sdk", "has the AWS SDK v3 only"),
        ("nodejs20.x", "aws-sdk/clients/dynamodb", "has the AWS SDK v3 only"),
        ("nodejs16.x", "@aws-sdk/client-dynamodb", "has the AWS SDK v2 only"),
        ("nodejs20.x", "@aws-sdk/client-sqs", "@aws-sdk/client-dynamodb, "),
    ],
)
def test_which_sdk_a_runtime_ships_is_said(runtime: str, module: str, advice: str) -> None:
    assert advice in told_of(runtime, f"Error: Cannot find module '{module}'")


def test_other_failures_are_told_as_they_are() -> None:
    assert told_of("python3.12", "boom", "ValueError") == "ValueError: boom"
