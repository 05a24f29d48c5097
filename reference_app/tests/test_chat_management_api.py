from __future__ import annotations

import socket
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from botocore.stub import Stubber

from reference_app.chat.chatapp.management_api import management_client, management_endpoint, post
from reference_app.chat.chatapp.post_outcome import PostOutcome
from reference_app.chat.chatapp.websocket_event import request_context
from reference_app.tests.chat_backend import event, lambda_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_apigatewaymanagementapi.client import ApiGatewayManagementApiClient

CONNECTION_ID = "L0SM9cOFvHcCIhw="


@pytest.fixture
def client() -> Iterator[ApiGatewayManagementApiClient]:
    with lambda_environment():
        yield boto3.client(
            "apigatewaymanagementapi",
            endpoint_url="https://abcdef1234.execute-api.eu-west-1.amazonaws.com/prod",
            config=Config(retries={"total_max_attempts": 1}),
        )


def test_the_endpoint_is_the_domain_and_stage_of_the_event() -> None:
    context = request_context(event("a", stage="v2"))
    assert (
        management_endpoint(context, "eu-west-1")
        == "https://abcdef1234.execute-api.eu-west-1.amazonaws.com/v2"
    )


@pytest.mark.parametrize(
    ("region", "endpoint"),
    [
        ("eu-west-1", "https://abcdef1234.execute-api.eu-west-1.amazonaws.com/prod"),
        ("cn-north-1", "https://abcdef1234.execute-api.cn-north-1.amazonaws.com.cn/prod"),
    ],
)
def test_the_endpoint_behind_a_custom_domain_is_the_apis_own(region: str, endpoint: str) -> None:
    context = request_context(event("a", domainName="chat.example.com"))
    assert management_endpoint(context, region) == endpoint


def test_each_endpoint_has_one_client_of_its_own() -> None:
    with lambda_environment():
        first = management_client("https://one.example/prod", 2)
        assert management_client("https://one.example/prod", 2) is first
        assert management_client("https://one.example/test", 2) is not first


def test_a_post_carries_the_payload_to_the_connection(client: ApiGatewayManagementApiClient) -> None:
    with Stubber(client) as stub:
        stub.add_response("post_to_connection", {}, {"ConnectionId": CONNECTION_ID, "Data": b"hello"})
        assert post(client, CONNECTION_ID, b"hello").outcome is PostOutcome.DELIVERED
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("code", "status", "outcome"),
    [
        ("GoneException", 410, PostOutcome.GONE),
        ("410", 410, PostOutcome.GONE),
        ("LimitExceededException", 429, PostOutcome.THROTTLED),
        ("ForbiddenException", 403, PostOutcome.REFUSED),
        ("BadRequestException", 400, PostOutcome.REFUSED),
        ("PayloadTooLargeException", 413, PostOutcome.TOO_LARGE),
        ("InternalServerError", 500, PostOutcome.UNKNOWN),
    ],
)
def test_an_error_answer_is_classified_by_its_status(
    client: ApiGatewayManagementApiClient, code: str, status: int, outcome: PostOutcome
) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("post_to_connection", code, http_status_code=status)
        result = post(client, CONNECTION_ID, b"hello")
    assert (result.outcome, result.detail) == (outcome, f"{status} {code}")


def test_an_id_that_boto3_refuses_is_refused(client: ApiGatewayManagementApiClient) -> None:
    assert post(client, "", b"hello").outcome is PostOutcome.REFUSED


def test_a_post_that_reaches_nobody_was_not_received() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    with lambda_environment():
        client = management_client(f"http://127.0.0.1:{port}/prod", 1)
        assert post(client, CONNECTION_ID, b"hello").outcome is PostOutcome.UNREACHED


def test_a_connection_that_breaks_during_a_post_leaves_it_unknown() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server, lambda_environment():
        breaker = threading.Thread(target=_accept_read_and_close, args=[server])
        breaker.start()
        client = management_client(f"http://127.0.0.1:{server.getsockname()[1]}/prod", 1)
        assert post(client, CONNECTION_ID, b"hello").outcome is PostOutcome.UNKNOWN
        breaker.join()


def _accept_read_and_close(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(65536)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ReadTimeoutError(endpoint_url="https://x"), PostOutcome.UNKNOWN),
        (ConnectTimeoutError(endpoint_url="https://x"), PostOutcome.UNREACHED),
    ],
)
def test_a_timeout_is_unknown_unless_no_connection_came_about(
    client: ApiGatewayManagementApiClient, error: Exception, outcome: PostOutcome
) -> None:
    def run_out(**_: object) -> None:
        raise error

    client.meta.events.register("before-send.apigatewaymanagementapi.PostToConnection", run_out)
    assert post(client, CONNECTION_ID, b"hello").outcome is outcome
