"""Messages of a queue in a function's event, and what its result leaves of them: SQ-4, SQ-5, ES-4."""

from __future__ import annotations

import json

import pytest

from reference_app.gateway.functions.invocation import Failed, Returned
from reference_app.gateway.functions.queue_batches import done_of, event_of, wanted
from reference_app.gateway.sqs.message_queue import Message
from reference_app.gateway.template.application import QueueSource

SOURCE = QueueSource("Post", "arn:aws:sqs:eu-west-1:1:posts")
REPORTING = QueueSource("Post", "arn:aws:sqs:eu-west-1:1:posts", reports_failures=True)


def message(name: str, body: str = "hello") -> Message:
    return Message(body, {}, "Send", 1000, message_id=name, receives=1, first_received_ms=1001)


BATCH = [message("a"), message("b"), message("c")]


def test_a_message_in_an_event_has_what_the_developer_guide_shows() -> None:
    number = {"DataType": "Number", "StringValue": "7"}
    sent = Message("hello", {"n": number}, "Send", 1000, "Root=1-a-b", "id", 2, 1001)

    (record,) = json.loads(event_of(SOURCE, [sent], "eu-west-1"))["Records"]

    assert record == {
        "messageId": "id",
        "receiptHandle": sent.receipt_handle,
        "body": "hello",
        "attributes": {
            "AWSTraceHeader": "Root=1-a-b",
            "ApproximateReceiveCount": "2",
            "SentTimestamp": "1000",
            "SenderId": "Send",
            "ApproximateFirstReceiveTimestamp": "1001",
        },
        "messageAttributes": {
            "n": {"stringValue": "7", "stringListValues": [], "binaryListValues": [], "dataType": "Number"}
        },
        "md5OfBody": "5d41402abc4b2a76b9719d911017c592",
        "md5OfMessageAttributes": record["md5OfMessageAttributes"],
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:1:posts",
        "awsRegion": "eu-west-1",
    }


def test_a_batch_that_succeeded_is_done_and_one_that_failed_is_not() -> None:
    assert done_of(SOURCE, BATCH, Returned(b"null")) == BATCH
    assert done_of(SOURCE, BATCH, Failed("unhandled", "E", "no")) == []
    assert done_of(SOURCE, BATCH, Failed("throttled", "E", "no")) == []


def test_what_the_result_names_as_failed_is_not_done() -> None:
    failures = Returned(b'{"batchItemFailures": [{"itemIdentifier": "b"}]}')

    assert [each.message_id for each in done_of(REPORTING, BATCH, failures)] == ["a", "c"]
    assert done_of(SOURCE, BATCH, failures) == BATCH


def test_nothing_is_done_of_a_batch_whose_result_makes_no_sense() -> None:
    assert done_of(REPORTING, BATCH, Returned(b'{"batchItemFailures": [{"itemIdentifier": "x"}]}')) == []


@pytest.mark.parametrize(
    ("pattern", "passing"),
    [
        ({"body": {"kind": ["post"]}}, ["json"]),
        ({"body": ["plain"]}, ["text"]),
        ({"messageId": ["text", "json"]}, ["json", "text"]),
        ({"body": {"kind": ["other"]}}, []),
    ],
)
def test_filters_see_bodies_that_are_json_as_what_they_say(pattern: object, passing: list[str]) -> None:
    assert isinstance(pattern, dict)
    source = QueueSource("Post", "arn", filters=(pattern,))

    found = wanted(source, [message("json", '{"kind": "post"}'), message("text", "plain")])

    assert [each.message_id for each in found] == passing
