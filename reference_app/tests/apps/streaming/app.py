"""A chat whose broadcast follows the stream of the table into which messages are written."""

from __future__ import annotations

import functools
import json
import logging
import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

logger = logging.getLogger()
database = boto3.resource("dynamodb")
table = database.Table(os.environ["TABLE_NAME"])
messages = database.Table(os.environ["MESSAGES"])
POSTS_AT_ONCE = 8
LONGEST_HANDSHAKE_MS = 5_000
MANAGEMENT = Config(
    retries={"mode": "standard", "max_attempts": 4}, read_timeout=2, max_pool_connections=POSTS_AT_ONCE
)


def connect(event: dict[str, Any], context: object) -> dict[str, Any]:
    request = event["requestContext"]
    table.put_item(Item={"connectionId": request["connectionId"], "since": request["connectedAt"]})
    return {"statusCode": 200}


def disconnect(event: dict[str, Any], context: object) -> dict[str, Any]:
    table.delete_item(Key={"connectionId": event["requestContext"]["connectionId"]})
    return {"statusCode": 200}


def send_message(event: dict[str, Any], context: object) -> dict[str, Any]:
    request, message = event["requestContext"], json.loads(event["body"])
    if not isinstance(message.get("data"), str):
        return {"statusCode": 400, "body": "data has to be text"}
    endpoint = f"https://{request['domainName']}/{request['stage']}"
    written = {"messageId": str(uuid.uuid4()), "endpoint": endpoint, "data": message["data"]}
    messages.put_item(Item=written)
    return {"statusCode": 200}


@functools.cache
def management(endpoint: str) -> ApiGatewayManagementApiClient:
    return boto3.client("apigatewaymanagementapi", endpoint_url=endpoint, config=MANAGEMENT)


def broadcast(event: dict[str, Any], context: object) -> None:
    """Post every message of the batch; a batch that raised would be sent to everybody once more."""
    rows = receivers()
    with ThreadPoolExecutor(POSTS_AT_ONCE) as executor:
        for record in event["Records"]:
            message = record["dynamodb"]["NewImage"]
            for row in rows:
                executor.submit(post, management(message["endpoint"]["S"]), row, message["data"]["S"])


def post(client: ApiGatewayManagementApiClient, row: dict[str, Any], data: str) -> None:
    connection_id = str(row["connectionId"])
    try:
        client.post_to_connection(ConnectionId=connection_id, Data=data.encode())
    except client.exceptions.GoneException:
        # Who is connecting still is not gone.
        if time.time() * 1000 - int(row.get("since", 0)) > LONGEST_HANDSHAKE_MS:
            table.delete_item(Key={"connectionId": connection_id})
    except Exception:
        logger.exception("a post failed")


def receivers() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    start: dict[str, Any] = {}
    while True:
        page = table.scan(ConsistentRead=True, **start)
        found += page["Items"]
        if "LastEvaluatedKey" not in page:
            return found
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
