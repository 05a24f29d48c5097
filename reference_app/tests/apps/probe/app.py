"""Tells its client what it sees of the table and of `@connections`."""

from __future__ import annotations

import json
import os
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

ONCE: dict[str, Any] = {"retries": {"total_max_attempts": 1}}
table = boto3.resource("dynamodb", config=Config(**ONCE)).Table(os.environ["TABLE_NAME"])
THREE_HOURS_S = 3 * 3600
served = 0


def connect(event: dict[str, Any], context: object) -> dict[str, Any]:
    request = event["requestContext"]
    expires_at = request["requestTimeEpoch"] // 1000 + THREE_HOURS_S
    table.put_item(Item={"connectionId": request["connectionId"], "expiresAt": expires_at})
    return {"statusCode": 200}


def disconnect(event: dict[str, Any], context: object) -> dict[str, Any]:
    table.delete_item(Key={"connectionId": event["requestContext"]["connectionId"]})
    return {"statusCode": 200}


def probe(event: dict[str, Any], context: object) -> dict[str, Any]:
    global served
    served += 1
    request, asked = event["requestContext"], json.loads(event["body"])
    match asked["do"]:
        case "tell":
            answer: object = {"id": request["connectionId"], "served": served}
        case "scan":
            answer = scan()
        case "post":
            answer = post(request, asked["to"], asked["data"])
    return {"statusCode": 200, "body": json.dumps(answer)}


def scan() -> list[list[str]]:
    """The ids on every page, eventually consistent."""
    pages: list[list[str]] = []
    start: dict[str, Any] = {}
    while True:
        page = table.scan(**start)
        pages.append([str(row["connectionId"]) for row in page["Items"]])
        if "LastEvaluatedKey" not in page:
            return pages
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def post(request: dict[str, Any], connection_id: str, data: str) -> str:
    """What became of a post."""
    client = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=f"https://{request['domainName']}/{request['stage']}",
        config=Config(read_timeout=0.5, **ONCE),
    )
    try:
        client.post_to_connection(ConnectionId=connection_id, Data=data)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    except ReadTimeoutError:
        return "no answer"
    return "posted"
