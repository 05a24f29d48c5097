"""Calls of SQS on the wire: SQ-1, SQ-2, SQ-6."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from moto.sqs.models import Message as MotoMessage

from reference_app.gateway.sqs.sqs_call import (
    Entry,
    RefusedError,
    batch_of,
    entry_of,
    md5_of_attributes,
    no_such_queue,
    refusal,
    sent,
)

NUMBER = {"DataType": "Number", "StringValue": "7"}
BYTES = {"DataType": "Binary", "BinaryValue": base64.b64encode(b"\x00\x01").decode()}


def refused(**asked: Any) -> str:
    with pytest.raises(RefusedError) as caught:
        entry_of(asked, 1024)
    return caught.value.code


def refused_batch(*entries: dict[str, Any]) -> str:
    with pytest.raises(RefusedError) as caught:
        batch_of({"Entries": entries})
    assert caught.value.code == f"AWS.SimpleQueueService.{caught.value.kind}"
    return caught.value.kind


def entry(entry_id: str, body: str = "x") -> dict[str, Any]:
    return {"Id": entry_id, "MessageBody": body}


def test_a_message_has_what_was_asked_for() -> None:
    header = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-a-b"}}
    asked = {"MessageBody": "héllo", "MessageAttributes": {"n": NUMBER}, "DelaySeconds": 3}

    assert entry_of({**asked, "MessageSystemAttributes": header}, 1024) == Entry(
        "héllo", {"n": NUMBER}, 3.0, "Root=1-a-b"
    )


def test_a_message_may_be_as_long_as_its_queue_takes_attributes_included() -> None:
    attribute = {"name": NUMBER}  # 4 + 6 + 1 bytes

    assert entry_of({"MessageBody": "ü" * 512}, 1024).size == 1024
    assert entry_of({"MessageBody": "x" * 1013, "MessageAttributes": attribute}, 1024).size == 1024
    assert refused(MessageBody="x" * 1025) == "InvalidParameterValue"
    assert refused(MessageBody="x" * 1014, MessageAttributes=attribute) == "InvalidParameterValue"


@pytest.mark.parametrize("body", ["\x00", "a\x0b", "\ud800", "\ufffe"])
def test_characters_that_xml_does_not_know_are_refused(body: str) -> None:
    assert refused(MessageBody=body) == "InvalidMessageContents"


@pytest.mark.parametrize("body", ["\t\r\n", "\ud7ff", "\U0010ffff"])
def test_all_others_are_not(body: str) -> None:
    assert entry_of({"MessageBody": body}, 1024).body == body


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "MissingParameter"),
        ({"MessageBody": ""}, "MissingParameter"),
        ({"MessageBody": "x", "DelaySeconds": 901}, "InvalidParameterValue"),
        ({"MessageBody": "x", "DelaySeconds": -1}, "InvalidParameterValue"),
        ({"MessageBody": "x", "MessageAttributes": {"n": {"StringValue": "7"}}}, "InvalidParameterValue"),
        ({"MessageBody": "x", "MessageAttributes": {"n": {"DataType": "Number"}}}, "InvalidParameterValue"),
    ],
)
def test_what_sqs_does_not_take_is_refused(asked: dict[str, Any], code: str) -> None:
    assert refused(**asked) == code


def test_a_batch_is_one_to_ten_messages_with_ids_of_their_own() -> None:
    entries = [entry(str(number)) for number in range(10)]

    assert list(batch_of({"Entries": entries})) == [each["Id"] for each in entries]
    assert refused_batch() == "EmptyBatchRequest"
    assert refused_batch(*entries, entry("10")) == "TooManyEntriesInBatchRequest"
    assert refused_batch(entry("a"), entry("a")) == "BatchEntryIdsNotDistinct"
    assert refused_batch(entry("a:b")) == "InvalidBatchEntryId"
    assert refused_batch(entry("a" * 81)) == "InvalidBatchEntryId"
    assert refused_batch(entry("a", "x" * 600_000), entry("b", "x" * 600_000)) == "BatchRequestTooLong"


def test_digests_of_attributes_are_those_of_another_implementation() -> None:
    other = MotoMessage("1", "x")
    other.message_attributes = {"n": NUMBER, "b": {**BYTES, "BinaryValue": b"\x00\x01"}}

    assert md5_of_attributes({"n": NUMBER, "b": BYTES}) == other.attribute_md5


def test_who_sends_is_told_id_and_digests() -> None:
    assert sent(Entry("hello"), "id") == {
        "MessageId": "id",
        "MD5OfMessageBody": "5d41402abc4b2a76b9719d911017c592",
    }
    assert "MD5OfMessageAttributes" in sent(Entry("hello", {"n": NUMBER}), "id")


def test_a_queue_that_is_not_there_is_told_as_sqs_tells_it() -> None:
    """The example of the SQS Developer Guide, sqs-json-api-responses."""
    answer = refusal(no_such_queue())

    assert (answer.status, answer.headers["x-amzn-query-error"]) == (
        400,
        "AWS.SimpleQueueService.NonExistentQueue;Sender",
    )
    assert json.loads(answer.body) == {
        "__type": "com.amazonaws.sqs#QueueDoesNotExist",
        "message": "The specified queue does not exist.",
    }
