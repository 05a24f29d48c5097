"""Keeps connections in a table and posts to them, by endpoints that it builds itself."""

from __future__ import annotations

import json
import os
from typing import Any

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def connect(event: dict[str, Any], context: object) -> dict[str, Any]:
    table.put_item(Item={"connectionId": event["requestContext"]["connectionId"]})
    return {"statusCode": 200}


def disconnect(event: dict[str, Any], context: object) -> dict[str, Any]:
    table.delete_item(Key={"connectionId": event["requestContext"]["connectionId"]})
    return {"statusCode": 200}


def announce(event: dict[str, Any], context: object) -> dict[str, Any]:
    request = event["requestContext"]
    by_domain = f"https://{request['domainName']}/{request['stage']}"
    by_id = (
        f"https://{request['apiId']}.execute-api.{os.environ['AWS_REGION']}.amazonaws.com/{request['stage']}"
    )
    for endpoint in (by_domain, by_id):
        client = boto3.client("apigatewaymanagementapi", endpoint_url=endpoint)
        for row in table.scan(ConsistentRead=True)["Items"]:
            client.post_to_connection(
                ConnectionId=str(row["connectionId"]), Data=json.loads(event["body"])["data"]
            )
    return {"statusCode": 200}
