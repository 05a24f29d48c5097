"""API Gateway's `@connections`: where it is, and one post to one connection."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
)

from .post_outcome import PostOutcome, PostResult, outcome_of_status

if TYPE_CHECKING:
    from types_boto3_apigatewaymanagementapi.client import ApiGatewayManagementApiClient

    from .websocket_event import RequestContext

_CONNECT_TIMEOUT_S = 1.0
_READ_TIMEOUT_S = 3.0
POST_LIMIT_S = _CONNECT_TIMEOUT_S + _READ_TIMEOUT_S
"""The longest that one post can last (BP-51)."""


def management_endpoint(context: RequestContext, region: str) -> str:
    """Make the URL under which the stage of an event takes `@connections` calls (MG-1).

    An event that came in over a custom domain does not say its base path (MG-31); the API's own domain
    serves the same connections.
    """
    own_domain = f"{context.api_id}.execute-api."
    domain = context.domain_name
    if not domain.startswith(own_domain):
        suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        domain = f"{own_domain}{region}.{suffix}"
    return f"https://{domain}/{context.stage}"


@cache
def management_client(endpoint: str, concurrency: int) -> ApiGatewayManagementApiClient:
    """Keep one client an endpoint: a warm environment may serve several stages (BP-49).

    Retries are ours: the SDK's own would repeat posts that may have been delivered (BP-47, CL-5).
    """
    config = Config(
        connect_timeout=_CONNECT_TIMEOUT_S,
        read_timeout=_READ_TIMEOUT_S,
        retries={"mode": "standard", "total_max_attempts": 1},
        max_pool_connections=concurrency,
    )
    return boto3.client("apigatewaymanagementapi", endpoint_url=endpoint, config=config)


def post(client: ApiGatewayManagementApiClient, connection_id: str, payload: bytes) -> PostResult:
    """Post once. Never raises for what the network or API Gateway does."""
    try:
        client.post_to_connection(ConnectionId=connection_id, Data=payload)
    except ClientError as error:
        # The status, not the class: a 410 without the error type header is no GoneException (CL-3).
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return PostResult(outcome_of_status(status), f"{status} {error.response['Error']['Code']}")
    except (ConnectTimeoutError, EndpointConnectionError) as error:
        return PostResult(PostOutcome.UNREACHED, str(error))
    except ParamValidationError as error:
        return PostResult(PostOutcome.REFUSED, str(error))
    except BotoCoreError as error:
        return PostResult(PostOutcome.UNKNOWN, str(error))
    return PostResult(PostOutcome.DELIVERED)
