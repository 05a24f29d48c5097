"""The Lambda functions of the example chat."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config

CONNECT_S = 5
"""The longest that $connect may run: until then a 410 can mean that its client is still connecting."""

_OK = {"statusCode": 200}
_table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def connect(event: dict[str, Any], _context: object) -> dict[str, int]:
    row = {"connectionId": event["requestContext"]["connectionId"], "since": int(time.time())}
    _table.put_item(Item=row)
    return _OK


def disconnect(event: dict[str, Any], _context: object) -> dict[str, int]:
    _table.delete_item(Key={"connectionId": event["requestContext"]["connectionId"]})
    return _OK


def say(event: dict[str, Any], _context: object) -> dict[str, int]:
    speaker = event["requestContext"]
    text = json.loads(event["body"])["text"]
    frame = json.dumps({"from": speaker["connectionId"], "text": text}).encode()
    api = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=f"https://{speaker['domainName']}/{speaker['stage']}",
        config=Config(max_pool_connections=20, read_timeout=5),
    )

    def post(row: dict[str, Any]) -> None:
        try:
            api.post_to_connection(ConnectionId=row["connectionId"], Data=frame)
        except api.exceptions.GoneException:
            if time.time() - float(row["since"]) > CONNECT_S + 2:
                _table.delete_item(Key={"connectionId": row["connectionId"]})

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(post, _everybody()))
    return _OK


def _everybody() -> Iterator[dict[str, Any]]:
    page: dict[str, Any] = _table.scan(ConsistentRead=True)
    yield from page["Items"]
    while "LastEvaluatedKey" in page:
        page = _table.scan(ConsistentRead=True, ExclusiveStartKey=page["LastEvaluatedKey"])
        yield from page["Items"]
