"""The same broadcast in two ways; each answers its sender with what it cost in CPU time of this process."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from reference_app.chat.chatapp.connection_row import ConnectionRow
from reference_app.chat.chatapp.fan_out import FanOut
from reference_app.chat.chatapp.management_api import POST_LIMIT_S, management_api, management_endpoint
from reference_app.chat.chatapp.post_outcome import PostOutcome
from reference_app.chat.chatapp.retry_policy import RetryPolicy
from reference_app.chat.chatapp.time_budget import budget_of
from reference_app.chat.chatapp.websocket_event import request_context

if TYPE_CHECKING:
    from types_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

CONCURRENCY = 32
REGION = os.environ["AWS_REGION"]


def handler(event: dict[str, Any], _context: object) -> dict[str, int]:
    sender = request_context(event)
    endpoint = management_endpoint(sender, REGION)
    route = event["requestContext"]["routeKey"]
    answer = sender.connection_id if route == "whoami" else cost_of(FAN_OUTS[route], endpoint, event["body"])
    management_api(endpoint, REGION).post(sender.connection_id, answer.encode())
    return {"statusCode": 200}


def cost_of(fan_out: Callable[[str, list[str], bytes], int], endpoint: str, body: str) -> str:
    message = json.loads(body)
    began = time.process_time()
    delivered = fan_out(endpoint, message["to"], message["data"].encode())
    return json.dumps({"cpu_s": time.process_time() - began, "delivered": delivered})


def reference_fan_out(endpoint: str, to: list[str], payload: bytes) -> int:
    post = partial(management_api(endpoint, REGION).post, payload=payload)
    with ThreadPoolExecutor(CONCURRENCY) as pool:
        fan_out = FanOut(post, pool, CONCURRENCY, budget_of(25.0), POST_LIMIT_S, RetryPolicy())
        rows = [ConnectionRow(connection_id, None) for connection_id in to]
        return sum(delivery.result.outcome is PostOutcome.DELIVERED for delivery in fan_out.run(rows))


def boto3_fan_out(endpoint: str, to: list[str], payload: bytes) -> int:
    """What most backends do: a pool of threads that call one client of boto3."""

    def post(connection_id: str) -> bool:
        answer = boto3_client(endpoint).post_to_connection(ConnectionId=connection_id, Data=payload)
        return answer["ResponseMetadata"]["HTTPStatusCode"] == 200

    with ThreadPoolExecutor(CONCURRENCY) as pool:
        return sum(pool.map(post, to))


FAN_OUTS = {"boto3": boto3_fan_out, "reference": reference_fan_out}


@cache
def boto3_client(endpoint: str) -> ApiGatewayManagementApiClient:
    config = Config(max_pool_connections=CONCURRENCY)
    return boto3.client("apigatewaymanagementapi", endpoint_url=endpoint, config=config)
