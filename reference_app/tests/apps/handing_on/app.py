"""A chat whose broadcast is a function of its own, invoked by the one that takes the message."""

from __future__ import annotations

import base64
import functools
import json
import logging
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

logger = logging.getLogger()
table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
functions = boto3.client("lambda")
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
    handed_on = {
        "endpoint": f"https://{request['domainName']}/{request['stage']}",
        "data": message["data"],
    }
    functions.invoke(
        FunctionName=os.environ["BROADCASTER"], InvocationType="Event", Payload=json.dumps(handed_on).encode()
    )
    return {"statusCode": 200}


@functools.cache
def management(endpoint: str) -> ApiGatewayManagementApiClient:
    return boto3.client("apigatewaymanagementapi", endpoint_url=endpoint, config=MANAGEMENT)


def broadcast(event: dict[str, Any], context: object) -> None:
    client = management(event["endpoint"])

    def post(row: dict[str, Any]) -> None:
        connection_id = str(row["connectionId"])
        try:
            client.post_to_connection(ConnectionId=connection_id, Data=event["data"].encode())
        except client.exceptions.GoneException:
            # Who is connecting still is not gone.
            if time.time() * 1000 - int(row.get("since", 0)) > LONGEST_HANDSHAKE_MS:
                table.delete_item(Key={"connectionId": connection_id})

    with ThreadPoolExecutor(POSTS_AT_ONCE) as executor:
        outcomes = [executor.submit(post, row) for row in receivers()]
    # One receiver that fails is no reason to raise: the event would be run again, for the others too.
    failures = [outcome.exception() for outcome in outcomes]
    if told := [str(failure) for failure in failures if failure is not None]:
        logger.error("%d of %d posts failed, the first one with: %s", len(told), len(failures), told[0])


def receivers() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    start: dict[str, Any] = {}
    while True:
        page = table.scan(ConsistentRead=True, **start)
        found += page["Items"]
        if "LastEvaluatedKey" not in page:
            return found
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def ask(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Wait for what the other function says, and post all of it to the asker."""
    request = event["requestContext"]
    answer = functions.invoke(
        FunctionName=os.environ["ANSWERER"], LogType="Tail", Payload=event["body"].encode()
    )
    said = {
        "status": answer["StatusCode"],
        "error": answer.get("FunctionError"),
        "payload": json.loads(answer["Payload"].read()),
        "log": base64.b64decode(answer["LogResult"]).decode(),
    }
    client = management(f"https://{request['domainName']}/{request['stage']}")
    client.post_to_connection(ConnectionId=request["connectionId"], Data=json.dumps(said).encode())
    return {"statusCode": 200}


def answer(event: dict[str, Any], context: Any) -> dict[str, Any]:
    if event.get("fail"):
        raise ValueError("told to fail")
    if topic := event.get("topic"):
        boto3.client("sns").publish(TopicArn=topic, Message="hello")
    return {"heard": event, "function": context.function_name}
