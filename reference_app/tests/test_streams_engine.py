"""Streams of the engine's tables, as Lambda's poller reads them."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from reference_app.gateway.dynamodb.dynamodb_endpoint import answer
from reference_app.gateway.dynamodb.dynamodb_engine import DynamoDbEngine
from reference_app.gateway.dynamodb.engine_calls import TABLES, TIME_TO_LIVE
from reference_app.gateway.dynamodb.streams_engine import StreamsEngine
from reference_app.gateway.http_server import Request

ACCOUNTS = itertools.count(777_000)
REGION = "eu-west-1"


class Streamed:
    """A table whose stream is read from where it began."""

    def __init__(self, view: str = "NEW_AND_OLD_IMAGES") -> None:
        account = f"{next(ACCOUNTS):012}"
        self._tables, self._streams = DynamoDbEngine(account), StreamsEngine(account)
        self.write(
            "CreateTable",
            TableName="t",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": view},
        )
        arn = self.write("DescribeTable", TableName="t")["Table"]["LatestStreamArn"]
        (shard,) = self.read("DescribeStream", StreamArn=arn)["StreamDescription"]["Shards"]
        at = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        self._iterator = self.read("GetShardIterator", **at)["ShardIterator"]

    def write(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return succeeded(self._tables, operation, parameters)

    def write_as(self, user_agent: str, operation: str, **parameters: Any) -> None:
        """Write by a call that reaches the endpoint."""
        headers = {
            "x-amz-target": f"{TABLES}.{operation}",
            "authorization": f"AWS4-HMAC-SHA256 Credential=k/20260101/{REGION}/dynamodb/aws4_request",
            "user-agent": user_agent,
        }
        reply = answer(
            self._tables, self._streams, Request("POST", "/", headers, json.dumps(parameters).encode())
        )
        assert reply.status == 200, reply

    def read(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return succeeded(self._streams, operation, parameters)

    def records(self, limit: int = 100) -> list[dict[str, Any]]:
        page = self.read("GetRecords", ShardIterator=self._iterator, Limit=limit)
        self._iterator = page["NextShardIterator"]
        records: list[dict[str, Any]] = page["Records"]
        return records


def succeeded(engine: DynamoDbEngine | StreamsEngine, operation: str, parameters: object) -> dict[str, Any]:
    reply = engine.answer(operation, json.dumps(parameters).encode(), REGION)
    assert reply.status == 200, reply
    result: dict[str, Any] = json.loads(reply.body)
    return result


def test_a_row_that_time_to_live_deletes_names_the_service() -> None:
    """ES-6; a deletion by the application names nobody."""
    table = Streamed()
    for name in ("expired", "deleted"):
        table.write("PutItem", TableName="t", Item={"id": {"S": name}})
    table.write_as(TIME_TO_LIVE, "DeleteItem", TableName="t", Key={"id": {"S": "expired"}})
    table.write_as("Boto3/1.44", "DeleteItem", TableName="t", Key={"id": {"S": "deleted"}})

    assert [(r["eventName"], r.get("userIdentity")) for r in table.records()] == [
        ("INSERT", None),
        ("INSERT", None),
        ("REMOVE", {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}),
        ("REMOVE", None),
    ]


def test_every_kind_of_write_is_a_record_in_its_order() -> None:
    table, key = Streamed(), {"id": {"S": "a"}}
    table.write("PutItem", TableName="t", Item={**key, "n": {"N": "1"}})
    table.write("PutItem", TableName="t", Item={**key, "n": {"N": "2"}})
    table.write("BatchWriteItem", RequestItems={"t": [{"DeleteRequest": {"Key": key}}]})
    table.write("TransactWriteItems", TransactItems=[{"Put": {"TableName": "t", "Item": key}}])

    records = table.records()

    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE", "INSERT"]
    assert records[1]["dynamodb"]["Keys"] == key
    assert records[1]["dynamodb"]["NewImage"] == {**key, "n": {"N": "2"}}
    assert records[2]["dynamodb"]["OldImage"] == {**key, "n": {"N": "2"}}
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in records]
    assert numbers == sorted(numbers)
    assert table.records() == []


@pytest.mark.parametrize("limit", [1, 100])
def test_an_update_that_finds_no_item_is_one_record(limit: int) -> None:
    table, key = Streamed(), {"id": {"S": "a"}}
    values = {":n": {"N": "1"}}
    table.write(
        "UpdateItem", TableName="t", Key=key, UpdateExpression="SET n = :n", ExpressionAttributeValues=values
    )

    records = table.records(limit) + table.records(limit)

    assert [record["dynamodb"]["NewImage"] for record in records] == [{**key, "n": {"N": "1"}}]


@pytest.mark.parametrize(
    ("view", "images"),
    [("KEYS_ONLY", set()), ("NEW_IMAGE", {"NewImage"}), ("OLD_IMAGE", {"OldImage"})],
)
def test_a_record_shows_what_the_stream_is_to_show(view: str, images: set[str]) -> None:
    table, key = Streamed(view), {"id": {"S": "a"}}
    for value in (b"AA==", b"AP8="):
        table.write("PutItem", TableName="t", Item={**key, "b": {"B": value.decode()}})

    shown = table.records()[1]["dynamodb"]

    assert shown.keys() & {"NewImage", "OldImage"} == images
    assert shown.get("NewImage", {}).get("b", {"B": "AP8="}) == {"B": "AP8="}
    assert shown["StreamViewType"] == view


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("ListStreams", {}),
        ("GetRecords", {"ShardIterator": "none"}),
        ("DescribeStream", {"StreamArn": "arn:aws:dynamodb:eu-west-1:1:table/none/stream/x"}),
        ("DescribeStream", {}),
    ],
)
def test_what_is_not_there_is_an_answer_too(operation: str, parameters: object) -> None:
    answer = StreamsEngine("000000778000").answer(operation, json.dumps(parameters).encode(), REGION)

    assert answer.status == 400
