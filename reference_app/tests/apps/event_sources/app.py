"""A chat whose broadcast follows an event source: the stream of the table of messages, or a queue."""

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
queues = boto3.client("sqs")
POSTS_AT_ONCE = 8
LONGEST_HANDSHAKE_MS = 5_000
# The next batch of a stream waits until all of this one is posted: whoever reads slowly is soon given up.
MANAGEMENT = Config(
    retries={"mode": "standard", "max_attempts": 2}, read_timeout=1, max_pool_connections=POSTS_AT_ONCE
)


def connect(event: dict[str, Any], context: object) -> dict[str, Any]:
    request = event["requestContext"]
    table.put_item(Item={"connectionId": request["connectionId"], "since": request["connectedAt"]})
    return {"statusCode": 200}


def disconnect(event: dict[str, Any], context: object) -> dict[str, Any]:
    table.delete_item(Key={"connectionId": event["requestContext"]["connectionId"]})
    return {"statusCode": 200}


def write_message(event: dict[str, Any], context: object) -> dict[str, Any]:
    """`sendmessage` where a stream broadcasts."""
    if (post := asked_for(event)) is None:
        return {"statusCode": 400, "body": "data has to be text"}
    database.Table(os.environ["MESSAGES"]).put_item(Item={"messageId": str(uuid.uuid4()), **post})
    return {"statusCode": 200}


def queue_message(event: dict[str, Any], context: object) -> dict[str, Any]:
    """`sendmessage` where a queue broadcasts."""
    if (post := asked_for(event)) is None:
        return {"statusCode": 400, "body": "data has to be text"}
    queues.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(post))
    return {"statusCode": 200}


def asked_for(event: dict[str, Any]) -> dict[str, str] | None:
    """What has to be posted, and where."""
    request, message = event["requestContext"], json.loads(event["body"])
    if not isinstance(message.get("data"), str):
        return None
    return {"endpoint": f"https://{request['domainName']}/{request['stage']}", "data": message["data"]}


def broadcast_written(event: dict[str, Any], context: object) -> None:
    images = [record["dynamodb"]["NewImage"] for record in event["Records"]]
    broadcast([{name: value["S"] for name, value in image.items()} for image in images])


def broadcast_queued(event: dict[str, Any], context: object) -> None:
    broadcast([json.loads(record["body"]) for record in event["Records"]])


def broadcast(posts: list[dict[str, str]]) -> None:
    """Post every message of the batch; a batch that raised would be sent to everybody once more."""
    rows = receivers()
    with ThreadPoolExecutor(POSTS_AT_ONCE) as executor:
        for each in posts:
            for row in rows:
                executor.submit(post, management(each["endpoint"]), row, each["data"])


@functools.cache
def management(endpoint: str) -> ApiGatewayManagementApiClient:
    return boto3.client("apigatewaymanagementapi", endpoint_url=endpoint, config=MANAGEMENT)


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
