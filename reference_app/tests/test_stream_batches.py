"""Stream records in a function's event, and what its result leaves of them: ES-3, ES-4, ES-6."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reference_app.gateway.functions.stream_batches import (
    Batch,
    as_in_events,
    event_of,
    left_of,
    wanted,
)
from reference_app.gateway.template.application import StreamSource

ARN = "arn:aws:dynamodb:eu-west-1:1:table/t/stream/then"
SOURCE = StreamSource("F", "t", ARN, "LATEST")
REPORTING = StreamSource("F", "t", ARN, "LATEST", reports_failures=True)


def record(number: int, name: str = "INSERT") -> dict[str, Any]:
    return {"eventName": name, "awsRegion": "us-east-1", "dynamodb": {"SequenceNumber": str(number)}}


BATCH = Batch((record(1), record(2), record(3)), attempts=1)


def failing(*numbers: str | None) -> bytes:
    return json.dumps({"batchItemFailures": [{"itemIdentifier": number} for number in numbers]}).encode()


def test_the_event_says_where_its_records_come_from() -> None:
    (sent,) = json.loads(event_of(SOURCE, Batch((record(1),)), "eu-west-1"))["Records"]

    assert (sent["eventSourceARN"], sent["awsRegion"], sent["eventVersion"]) == (ARN, "eu-west-1", "1.1")
    assert sent["dynamodb"] == {"SequenceNumber": "1"}


def test_functions_see_who_deleted_a_row_as_lambda_spells_it() -> None:
    """ES-6, with the filter that AWS documents for archives of expired rows."""
    by_service = {"type": ["Service"], "principalId": ["dynamodb.amazonaws.com"]}
    expired = {
        **record(1, "REMOVE"),
        "userIdentity": {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"},
    }
    archive = StreamSource("F", "t", ARN, "LATEST", filters=({"userIdentity": by_service},))

    (seen,) = wanted(archive, [as_in_events(expired), as_in_events(record(2, "REMOVE"))])

    assert seen["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def test_filters_let_pass_what_one_of_them_matches() -> None:
    filtered = StreamSource(
        "F", "t", ARN, "LATEST", filters=({"eventName": ["INSERT"]}, {"eventName": ["X"]})
    )

    assert wanted(filtered, [record(1), record(2, "REMOVE")]) == (record(1),)
    assert wanted(SOURCE, [record(1), record(2, "REMOVE")]) == (record(1), record(2, "REMOVE"))


@pytest.mark.parametrize(
    "payload", [b"null", b"{}", b'{"batchItemFailures": []}', b'{"batchItemFailures": null}']
)
def test_a_result_without_failures_leaves_nothing(payload: bytes) -> None:
    assert left_of(REPORTING, BATCH, payload) is None


def test_the_first_failed_record_and_all_that_follow_are_left() -> None:
    assert left_of(REPORTING, BATCH, failing("3", "2")) == Batch((record(2), record(3)))


@pytest.mark.parametrize(
    "payload", [failing("9"), failing("2", None), b'{"batchItemFailures": [{}]}', b'"x"']
)
def test_a_result_that_makes_no_sense_leaves_everything(payload: bytes) -> None:
    assert left_of(REPORTING, BATCH, payload) == BATCH


def test_a_function_that_was_not_asked_for_failures_reports_none() -> None:
    assert left_of(SOURCE, BATCH, failing("1")) is None


def test_a_batch_is_halved_down_to_single_records() -> None:
    first, second = BATCH.halves()

    assert (first.records, second.records) == ((record(1),), (record(2), record(3)))
    assert first.halves() == (first,)
