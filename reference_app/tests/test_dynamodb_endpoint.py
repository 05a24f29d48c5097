"""The DynamoDB endpoint's process, by AWS's SDK."""

from __future__ import annotations

import asyncio
import os
import urllib.request
from collections.abc import Callable

import boto3
import pytest
from types_boto3_dynamodb import DynamoDBClient

from reference_app.gateway.dynamodb.dynamodb_endpoint import DynamoDbEndpoint, answer
from reference_app.gateway.dynamodb.dynamodb_engine import DynamoDbEngine
from reference_app.gateway.dynamodb.streams_engine import StreamsEngine
from reference_app.gateway.http_server import Request
from reference_app.tests.process_state import eventually, state

ACCOUNT = "123456789012"


def client(url: str) -> DynamoDBClient:
    return boto3.client(
        "dynamodb",
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id="local",
        aws_secret_access_key="local-secret",
    )


def with_endpoint(script: Callable[[str], None]) -> tuple[int, list[int]]:
    """Run a blocking script against the endpoint; returns its pid and the return codes that were told."""
    codes: list[int] = []

    async def run() -> int:
        endpoint = DynamoDbEndpoint("123456789012", codes.append)
        try:
            await asyncio.to_thread(script, endpoint.start())
            assert endpoint._process is not None
            return endpoint._process.pid
        finally:
            await endpoint.stop()

    return asyncio.run(run()), codes


def test_it_answers_from_the_first_moment_and_leaves_no_process() -> None:
    def script(url: str) -> None:
        dynamodb = client(url)
        dynamodb.create_table(
            TableName="t",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        dynamodb.put_item(TableName="t", Item={"id": {"S": "é"}, "b": {"B": b"\x00\xff"}})
        assert dynamodb.scan(TableName="t")["Items"] == [{"id": {"S": "é"}, "b": {"B": b"\x00\xff"}}]
        with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
            dynamodb.put_item(
                TableName="t", Item={"id": {"S": "é"}}, ConditionExpression="attribute_not_exists(id)"
            )
        dynamodb.close()
        with urllib.request.urlopen(url) as reply:
            assert reply.read() == b"healthy: dynamodb"

    pid, codes = with_endpoint(script)

    assert state(pid) is None
    assert codes == [-9]


def test_its_end_is_told() -> None:
    codes: list[int] = []

    async def run() -> None:
        endpoint = DynamoDbEndpoint("123456789012", codes.append)
        endpoint.start()
        assert endpoint._process is not None
        os.kill(endpoint._process.pid, 15)
        await endpoint._process.exited()

    asyncio.run(run())

    eventually(lambda: codes == [-15], "the listener was told")


def request(target: str, authorization: str = "") -> Request:
    return Request("POST", "/", {"x-amz-target": target, "authorization": authorization}, b"{}")


def test_the_region_is_the_one_that_the_request_was_signed_for() -> None:
    asked: list[str] = []

    class Engine(DynamoDbEngine):
        def answer(self, operation: str, body: bytes, region: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
            asked.append(region)
            return super().answer(operation, body, region)

    engine = Engine(ACCOUNT)
    answer(
        engine,
        StreamsEngine(ACCOUNT),
        request("DynamoDB_20120810.ListTables", "AWS4 Credential=k/20260101/eu-north-1/dynamodb/aws4"),
    )
    answer(engine, StreamsEngine(ACCOUNT), request("DynamoDB_20120810.ListTables"))

    assert asked == ["eu-north-1", "us-east-1"]


def test_other_services_are_not_there() -> None:
    engine = DynamoDbEngine(ACCOUNT)

    reply = answer(engine, StreamsEngine(ACCOUNT), request("Kinesis_20131202.ListStreams"))

    assert reply.status == 400
    assert b"UnknownOperationException" in reply.body
