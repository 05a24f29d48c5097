"""moto's DynamoDB Streams beside its tables: the three calls with which a stream is read."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import StreamShard
from moto.dynamodbstreams.models import DynamoDBStreamsBackend, dynamodbstreams_backends
from werkzeug.exceptions import HTTPException

from reference_app.gateway.dynamodb.dynamodb_engine import Answer, answer_of, error_of


class StreamsEngine:
    """Streams of one account's tables; to be called from the thread that calls the tables' engine."""

    def __init__(self, account_id: str) -> None:
        self._account_id = account_id

    def answer(self, operation: str, body: bytes, region: str) -> Answer:
        """Answer DescribeStream, GetShardIterator or GetRecords; errors are answers too."""
        call = _CALLS.get(operation)
        if call is None:
            return error_of(400, "UnknownOperationException", f"{operation} is not implemented here")
        try:
            result = call(dynamodbstreams_backends[self._account_id][region], json.loads(body))
        except (HTTPException, ValueError, LookupError, TypeError, AssertionError) as wrong:
            # moto asserts what it expects of shards and iterators, and looks the others up.
            return error_of(400, "ResourceNotFoundException", f"there is no such stream: {wrong!r}")
        return answer_of(200, json.dumps(result, default=_in_json).encode())

    def attribute_newest(self, table: str, region: str, principal: str) -> None:
        """Have the newest record of a table's stream, if it has one, name a service as who wrote (ES-6)."""
        shard = dynamodb_backends[self._account_id][region].get_table(table).stream_shard
        if shard is not None and shard.items:
            shard.items[-1].record["userIdentity"] = {"PrincipalId": principal, "Type": "Service"}


def _describe(backend: DynamoDBStreamsBackend, asked: Mapping[str, Any]) -> dict[str, Any]:
    # moto loads this, which takes half a second, at the first write to a table with a stream: rather now.
    import moto.awslambda.utils  # noqa: F401

    return {"StreamDescription": backend.describe_stream(asked["StreamArn"])}


def _iterator(backend: DynamoDBStreamsBackend, asked: Mapping[str, Any]) -> dict[str, Any]:
    iterator = backend.get_shard_iterator(asked["StreamArn"], asked["ShardId"], asked["ShardIteratorType"])
    return {"ShardIterator": iterator.arn}


def _records(backend: DynamoDBStreamsBackend, asked: Mapping[str, Any]) -> dict[str, Any]:
    # moto keeps every iterator that it has ever given; each is used once.
    iterator = backend.shard_iterators.pop(asked["ShardIterator"])
    result = iterator.get(asked.get("Limit", 1000))
    whole = [record for record in result["Records"] if not _is_half(record, iterator.stream_shard)]
    return {**result, "Records": whole}


def _is_half(record: Mapping[str, Any], shard: StreamShard) -> bool:
    """Whether it is the first of the two INSERTs of which moto makes an UpdateItem that finds no item."""
    following = int(record["dynamodb"]["SequenceNumber"]) - shard.starting_sequence_number + 1
    if record["eventName"] != "INSERT" or following >= len(shard.items):
        return False
    other = shard.items[following].to_json()
    return bool(other["eventName"] == "INSERT" and other["dynamodb"]["Keys"] == record["dynamodb"]["Keys"])


_CALLS: Mapping[str, Callable[[DynamoDBStreamsBackend, Mapping[str, Any]], dict[str, Any]]] = {
    "DescribeStream": _describe,
    "GetShardIterator": _iterator,
    "GetRecords": _records,
}


def _in_json(value: object) -> float | str | dict[str, Any]:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).timestamp()
    if isinstance(value, DynamoType):
        return value.to_json()
    raise TypeError(f"{value!r} has no place in JSON")
