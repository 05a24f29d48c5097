"""Functions of a template."""

from __future__ import annotations

from pathlib import Path

import pytest

from reference_app.gateway.stack_errors import TemplateError
from reference_app.gateway.template.application import Function
from reference_app.gateway.template.template_functions import environment_text
from reference_app.tests.template_writing import SMALLEST, application

FN = SMALLEST[: SMALLEST.index("\nFn:\n")]


def function(folder: Path, properties: str) -> Function:
    resources = f"{FN}\nFn:\n  Type: AWS::Lambda::Function\n  Properties: {{{properties}}}\n"
    return application(folder, resources).functions["Fn"]


def test_what_is_not_said_is_lambdas_default(tmp_path: Path) -> None:
    result = function(tmp_path, "Code: code, Handler: app.handler, Runtime: python3.12")

    assert (result.timeout_s, result.memory_mb, result.reserved_concurrency) == (3.0, 128, None)
    assert result.code == tmp_path / "code"
    assert result.log_format == "Text"


def test_what_is_said_is_read(tmp_path: Path) -> None:
    result = function(
        tmp_path,
        "Code: code, Handler: app.handler, Runtime: python3.12, Timeout: '7', MemorySize: 512, "
        "ReservedConcurrentExecutions: 2, FunctionName: f, LoggingConfig: {LogFormat: JSON}, "
        "Environment: {Variables: {A: true, B: 1, C: !Ref AWS::Region}}",
    )

    assert (result.timeout_s, result.memory_mb, result.reserved_concurrency) == (7.0, 512, 2)
    assert (result.name, result.log_format) == ("f", "JSON")
    assert result.environment == {"A": "true", "B": "1", "C": "us-east-1"}


@pytest.mark.parametrize(
    ("properties", "problem"),
    [
        ("Code: nowhere, Handler: a.b, Runtime: python3.12", "nowhere, does not exist"),
        ("Code: template.yaml, Handler: a.b, Runtime: python3.12", "template.yaml, is a file"),
        ("Code: {S3Bucket: b, S3Key: k}, Handler: a.b, Runtime: python3.12", "not in a local folder"),
        ("Code: s3://b/k, Handler: a.b, Runtime: python3.12", "not in a local folder but in s3://b/k"),
        ("PackageType: Image, Code: {ImageUri: x}", "container images are not run here"),
        ("Code: code, Runtime: python3.12", "property Handler is missing"),
        ("Environment: {Variables: x}, Code: code", "Variables that are no mapping"),
        ("Code: code, Handler: a.b", "property Runtime is missing"),
    ],
)
def test_code_that_is_not_in_a_local_folder_is_refused(tmp_path: Path, properties: str, problem: str) -> None:
    with pytest.raises(TemplateError) as caught:
        function(tmp_path, properties)

    assert problem in str(caught.value)
    assert "Fn (AWS::Lambda::Function)" in str(caught.value)


def test_inline_code_is_kept_as_text(tmp_path: Path) -> None:
    result = function(tmp_path, "Code: {ZipFile: 'x = 1'}, Handler: index.b, Runtime: python3.12")

    assert result.inline_code == "x = 1"
    assert function(tmp_path, "Code: code, Handler: a.b, Runtime: python3.12").inline_code is None


def test_environment_values_are_text_as_cloudformation_writes_it() -> None:
    assert [environment_text(value) for value in (True, False, 5, "x")] == ["true", "false", "5", "x"]
