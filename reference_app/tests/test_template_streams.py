"""Event source mappings of a template: ES-1, ES-2, ES-3, ES-4."""

from __future__ import annotations

from pathlib import Path

import pytest

from reference_app.gateway.stack_errors import TemplateError
from reference_app.gateway.template.application import Application, StreamSource
from reference_app.tests.template_writing import SMALLEST, application

TABLE = """
Messages:
  Type: AWS::DynamoDB::Table
  Properties:
    TableName: messages
    KeySchema: [{AttributeName: id, KeyType: HASH}]
    AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
    StreamSpecification: {StreamViewType: NEW_IMAGE}
"""
LISTENER = """
Listener:
  Type: AWS::Lambda::Function
  Properties: {Code: code, Handler: app.handler, Runtime: RUNTIME}
"""
MAPPING = """
Mapping:
  Type: AWS::Lambda::EventSourceMapping
  Properties: {FunctionName: !GetAtt Listener.Arn, EventSourceArn: !GetAtt Messages.StreamArn, MORE}
"""


def read(
    folder: Path, more: str = "StartingPosition: LATEST", *, table: str = TABLE, runtime: str = "python3.12"
) -> Application:
    listener = LISTENER.replace("RUNTIME", runtime)
    return application(folder, SMALLEST + table + listener + MAPPING.replace("MORE", more))


def test_a_stream_starts_its_function_with_the_others(tmp_path: Path) -> None:
    result = read(tmp_path)

    (stream,) = result.streams
    assert stream == StreamSource("Listener", "messages", stream.stream_arn, "LATEST")
    assert ":table/messages/stream/" in stream.stream_arn
    assert not result.functions["Listener"].on_demand
    assert result.warnings == ()


def test_what_a_mapping_says_is_read(tmp_path: Path) -> None:
    more = (
        "StartingPosition: TRIM_HORIZON, BatchSize: 10, MaximumBatchingWindowInSeconds: 2, "
        "MaximumRetryAttempts: 3, MaximumRecordAgeInSeconds: 60, BisectBatchOnFunctionError: true, "
        "FunctionResponseTypes: [ReportBatchItemFailures], "
        """FilterCriteria: {Filters: [{Pattern: '{"eventName": ["INSERT"]}'}]}"""
    )

    (stream,) = read(tmp_path, more).streams

    assert stream.starting_position == "TRIM_HORIZON"
    assert (stream.batch_size, stream.window_s, stream.retries, stream.oldest_s) == (10, 2.0, 3, 60.0)
    assert (stream.bisects, stream.reports_failures) == (True, True)
    assert stream.filters == ({"eventName": ["INSERT"]},)


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("BatchSize: 1", "StartingPosition is missing"),
        ("StartingPosition: NOW", "StartingPosition is 'NOW' (TRIM_HORIZON or LATEST)"),
        ("StartingPosition: LATEST, FilterCriteria: {Filters: [{Pattern: 'x'}]}", "property FilterCriteria"),
        ("StartingPosition: LATEST, FilterCriteria: {Filters: [x]}", "property FilterCriteria"),
    ],
)
def test_what_cannot_be_run_as_it_is_said_is_refused(tmp_path: Path, more: str, problem: str) -> None:
    with pytest.raises(TemplateError) as caught:
        read(tmp_path, more)

    assert problem in str(caught.value)


def test_a_table_without_a_stream_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="a function waits for its stream, and it has none"):
        read(tmp_path, table=TABLE[: TABLE.index("    StreamSpecification")])


def test_a_mapping_that_is_switched_off_is_none(tmp_path: Path) -> None:
    assert read(tmp_path, "StartingPosition: LATEST, Enabled: false").streams == ()


def test_a_function_that_cannot_run_here_loses_its_stream_with_a_warning(tmp_path: Path) -> None:
    result = read(tmp_path, runtime="java21")

    assert result.streams == ()
    assert "runtime java21 is not run here" in result.warnings[0]


def test_other_sources_are_warned_of(tmp_path: Path) -> None:
    queue = "Queue: {Type: AWS::SQS::Queue}\n"
    mapping = MAPPING.replace("Messages.StreamArn", "Queue.Arn").replace("MORE", "BatchSize: 1")

    result = application(tmp_path, SMALLEST + queue + LISTENER.replace("RUNTIME", "python3.12") + mapping)

    assert result.streams == ()
    assert "only streams of this template's tables invoke functions, not arn:aws:sqs:" in "\n".join(
        result.warnings
    )
