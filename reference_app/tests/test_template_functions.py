"""Functions of a template."""

from __future__ import annotations

from pathlib import Path

import pytest

from reference_app.gateway.stack_errors import TemplateError
from reference_app.gateway.template.application import EventRetries, Function
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
        ("Environment: {Variables: x}, Code: code", "Variables that are not a mapping"),
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


OTHERS = """
Named:
  Type: AWS::Lambda::Function
  Properties: {Code: code, Handler: app.handler, Runtime: python3.12}
Next:
  Type: AWS::Lambda::Function
  Properties: {Code: code, Handler: app.handler, Runtime: python3.12}
Aside:
  Type: AWS::Lambda::Function
  Properties: {Code: code, Handler: app.handler, Runtime: python3.12}
Elsewhere:
  Type: AWS::Lambda::Function
  Properties: {Code: s3://b/k, Handler: app.handler, Runtime: python3.12}
Java:
  Type: AWS::Lambda::Function
  Properties: {Code: code, Handler: app.handler, Runtime: java21}
"""
CALLING = OTHERS.replace(
    "Runtime: python3.12}", "Runtime: python3.12, Environment: {Variables: {F: !GetAtt Next.Arn}}}", 1
)
FN_NAMES = "\nFn:\n  Type: AWS::Lambda::Function\n  Properties: {Code: code, Handler: app.handler, "
FN_NAMES += "Runtime: python3.12, Environment: {Variables: {F: !Ref Named}}}\n"


def test_functions_that_the_environment_of_another_names_are_started_with_it(tmp_path: Path) -> None:
    functions = application(tmp_path, FN + FN_NAMES + CALLING).functions

    assert {name for name, function in functions.items() if not function.on_demand} == {"Fn", "Named", "Next"}


def test_a_function_that_nothing_leads_to_waits_until_it_is_invoked(tmp_path: Path) -> None:
    result = application(tmp_path, FN + FN_NAMES + OTHERS)

    assert {name for name, function in result.functions.items() if function.on_demand} == {"Next", "Aside"}
    assert "Aside (AWS::Lambda::Function): nothing leads to it here" in "\n".join(result.warnings)


def test_a_function_that_nothing_needs_and_that_cannot_run_here_is_left_out(tmp_path: Path) -> None:
    result = application(tmp_path, FN + FN_NAMES + OTHERS)

    assert not result.functions.keys() & {"Elsewhere", "Java"}
    told = "\n".join(result.warnings)
    assert "Elsewhere (AWS::Lambda::Function): no route calls it, and it is not run" in told
    assert "runtime java21 is not run here" in told


def test_what_becomes_of_failed_events_is_read(tmp_path: Path) -> None:
    config = """
Config:
  Type: AWS::Lambda::EventInvokeConfig
  Properties: {FunctionName: !Ref Fn, MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60}
"""

    (result,) = application(tmp_path, SMALLEST + config).functions.values()

    assert result.retries == EventRetries(0, 60.0)
