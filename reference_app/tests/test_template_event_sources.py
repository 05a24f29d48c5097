"""Event source mappings of a template: ES-1, ES-2, ES-3, ES-4, SQ-4."""

from __future__ import annotations

from pathlib import Path

import pytest

from reference_app.gateway.stack_errors import TemplateError
from reference_app.gateway.template.application import Application, QueueSource, StreamSource
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

    (stream,) = result.event_sources
    assert isinstance(stream, StreamSource)
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

    (stream,) = read(tmp_path, more).event_sources

    assert isinstance(stream, StreamSource)

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
    assert read(tmp_path, "StartingPosition: LATEST, Enabled: false").event_sources == ()


def test_a_function_that_cannot_run_here_loses_its_stream_with_a_warning(tmp_path: Path) -> None:
    result = read(tmp_path, runtime="java21")

    assert result.event_sources == ()
    assert "runtime java21 is not run here" in result.warnings[0]


QUEUE = """
Posts:
  Type: AWS::SQS::Queue
  Properties: {QueueName: posts, PROPERTIES}
"""


def read_queue(folder: Path, more: str = "BatchSize: 10", properties: str = "DelaySeconds: 0") -> Application:
    mapping = MAPPING.replace("Messages.StreamArn", "Posts.Arn").replace("MORE", more)
    queue = QUEUE.replace("PROPERTIES", properties)
    return application(folder, SMALLEST + queue + LISTENER.replace("RUNTIME", "python3.12") + mapping)


def test_a_queue_starts_its_function_with_the_others(tmp_path: Path) -> None:
    """SQ-4."""
    result = read_queue(tmp_path)

    arn = "arn:aws:sqs:us-east-1:123456789012:posts"
    assert result.event_sources == (QueueSource("Listener", arn, batch_size=10, concurrency=5),)
    assert not result.functions["Listener"].on_demand
    assert result.warnings == ()


def test_what_a_mapping_of_a_queue_says_is_read(tmp_path: Path) -> None:
    more = (
        "BatchSize: 20, MaximumBatchingWindowInSeconds: 2, ScalingConfig: {MaximumConcurrency: 2}, "
        "FunctionResponseTypes: [ReportBatchItemFailures], "
        """FilterCriteria: {Filters: [{Pattern: '{"body": {"kind": ["post"]}}'}]}"""
    )

    (source,) = read_queue(tmp_path, more).event_sources

    assert isinstance(source, QueueSource)
    assert (source.batch_size, source.window_s, source.concurrency) == (20, 2.0, 2)
    assert source.reports_failures
    assert source.filters == ({"body": {"kind": ["post"]}},)


def test_a_message_may_not_be_visible_again_while_its_function_runs(tmp_path: Path) -> None:
    """SQ-4: Lambda refuses such a mapping."""
    with pytest.raises(TemplateError, match="the VisibilityTimeout of Posts, 2, is less than the Timeout of"):
        read_queue(tmp_path, properties="VisibilityTimeout: 2")


def test_fifo_queues_invoke_nothing_here_and_are_warned_of(tmp_path: Path) -> None:
    result = read_queue(tmp_path, properties="FifoQueue: true")

    assert result.event_sources == ()
    assert "its standard queues invoke functions, not arn:aws:sqs:" in "\n".join(result.warnings)


def test_other_sources_are_warned_of(tmp_path: Path) -> None:
    mapping = MAPPING.replace("!GetAtt Messages.StreamArn", "arn:aws:kinesis:x").replace(
        "MORE", "BatchSize: 1"
    )

    result = application(tmp_path, SMALLEST + LISTENER.replace("RUNTIME", "python3.12") + mapping)

    assert result.event_sources == ()
    assert "and its standard queues invoke functions, not arn:aws:kinesis:x" in "\n".join(result.warnings)
