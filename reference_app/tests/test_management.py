"""`@connections` as boto3 and raw sockets meet it."""

from __future__ import annotations

import re
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from reference_app.gateway.template.application import Route
from reference_app.gateway.unknowns import Unknowns
from reference_app.tests.running_gateway import (
    REGION,
    Hold,
    api,
    handshake_request,
    ok,
    reset,
    running_gateway,
)

if TYPE_CHECKING:
    from types_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

NEVER_ISSUED = "BFHPhfCWIAMCKlQ="


def outcome(call: Any, **arguments: Any) -> tuple[int, str]:
    """Return status and error code of a call that fails."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def refusal_of_posts(client: ApiGatewayManagementApiClient, connection_id: str) -> tuple[int, str]:
    """Post until that fails; 100 MB are more than the kernel's buffers hold."""

    def post_much() -> None:
        for _ in range(1000):
            client.post_to_connection(ConnectionId=connection_id, Data=b"x" * 131072)

    return outcome(post_much)


def all_three(client: ApiGatewayManagementApiClient, connection_id: str) -> set[tuple[int, str]]:
    return {
        outcome(client.post_to_connection, ConnectionId=connection_id, Data=b"x"),
        outcome(client.get_connection, ConnectionId=connection_id),
        outcome(client.delete_connection, ConnectionId=connection_id),
    }


@pytest.mark.parametrize("text", ["hello world", "", "grüß 😀", "x" * 131072])
def test_a_post_reaches_the_client_as_it_is(text: str) -> None:
    """MG-10, MG-24, MG-25."""
    with running_gateway() as gateway, gateway.client() as client, gateway.management() as management:
        management.post_to_connection(ConnectionId=gateway.newest_id(), Data=text.encode())
        assert client.recv() == text


def test_posts_to_one_connection_keep_their_order() -> None:
    """Q-14."""
    with running_gateway() as gateway, gateway.client() as client, gateway.management() as management:
        for number in range(50):
            management.post_to_connection(ConnectionId=gateway.newest_id(), Data=str(number).encode())
        assert [client.recv() for _ in range(50)] == [str(number) for number in range(50)]


def test_a_connection_is_described() -> None:
    """MG-11."""
    with (
        running_gateway() as gateway,
        gateway.client(header=["User-Agent: me"]),
        gateway.management() as management,
    ):
        gateway.advance(1.5)
        management.post_to_connection(ConnectionId=gateway.newest_id(), Data=b"x")
        described = management.get_connection(ConnectionId=gateway.newest_id())
        assert described["Identity"] == {"SourceIp": "127.0.0.1", "UserAgent": "me"}
        connected = gateway.functions.events[0]["requestContext"]["connectedAt"] / 1000
        assert described["ConnectedAt"].timestamp() == connected
        assert described["LastActiveAt"].timestamp() == connected + 1.5


def test_a_client_without_user_agent_has_none() -> None:
    """MG-20, CL-6."""
    with running_gateway() as gateway, gateway.client(), gateway.management() as management:
        assert "UserAgent" not in management.get_connection(ConnectionId=gateway.newest_id())["Identity"]


def test_a_delete_closes_the_client_and_runs_disconnect() -> None:
    """MG-12, MG-27, MG-28, DC-23."""
    with running_gateway() as gateway, gateway.client() as client, gateway.management() as management:
        answer = management.delete_connection(ConnectionId=gateway.newest_id())
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
        assert client.recv_data()[1] == b"\x03\xe8Connection Closed Normally"
        (event,) = gateway.functions.of_type("DISCONNECT")
        assert event["requestContext"]["disconnectStatusCode"] == 1000
        assert event["requestContext"]["disconnectReason"] == "Connection Closed Normally"
        assert all_three(management, gateway.newest_id()) == {(410, "GoneException")}


def test_after_the_101_a_connection_can_stay_gone_for_a_while() -> None:
    """RC-4, Q-1."""
    unknowns = Unknowns(gone_after_connect_ms=500)
    with (
        running_gateway(unknowns=unknowns) as gateway,
        gateway.client(),
        gateway.management() as management,
    ):
        assert all_three(management, gateway.newest_id()) == {(410, "GoneException")}
        gateway.advance(0.5)
        management.get_connection(ConnectionId=gateway.newest_id())


def test_while_connect_runs_a_connection_can_be_described() -> None:
    """RC-5, Q-1."""
    hold = Hold()
    unknowns = Unknowns(pending_get="described")
    with (
        running_gateway(handlers={"connect": hold.before(ok)}, unknowns=unknowns) as gateway,
        gateway.management() as management,
        gateway.raw() as raw,
    ):
        raw.sendall(handshake_request(gateway.port))
        hold.wait_until_entered()
        assert management.get_connection(ConnectionId=gateway.newest_id())["Identity"]
        post = outcome(management.post_to_connection, ConnectionId=gateway.newest_id(), Data=b"x")
        assert post == (410, "GoneException")
        hold.release()


def test_a_delete_takes_no_code_and_no_reason() -> None:
    """MG-26."""
    with running_gateway() as gateway, gateway.client() as client, gateway.management() as management:
        management.meta.events.register(
            "before-sign", lambda request, **_: setattr(request, "data", b"4000 x")
        )
        management.delete_connection(ConnectionId=gateway.newest_id())
        assert client.recv_data()[1][:2] == b"\x03\xe8"


def test_a_post_to_a_peer_that_has_vanished_is_200_and_nobody_is_told() -> None:
    """MG-30, DC-4, RC-24: without a close frame, FIN or RST the gateway does not know."""
    with running_gateway() as gateway, gateway.management() as management, gateway.raw() as vanished:
        vanished.sendall(handshake_request(gateway.port))
        assert vanished.recv(12) == b"HTTP/1.1 101"
        answer = management.post_to_connection(ConnectionId=gateway.newest_id(), Data=b"lost")
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert [event["requestContext"]["eventType"] for event in gateway.functions.events] == ["CONNECT"]


def test_a_closed_connection_is_gone_for_every_verb() -> None:
    """MG-13, CL-3."""
    with running_gateway() as gateway, gateway.management() as management:
        with gateway.client() as client:
            reset(client)
        gateway.functions.of_type("DISCONNECT")
        assert all_three(management, gateway.newest_id()) == {(410, "GoneException")}


def test_an_id_that_was_never_issued_is_gone() -> None:
    """MG-21."""
    with running_gateway() as gateway, gateway.management() as management:
        assert all_three(management, NEVER_ISSUED) == {(410, "GoneException")}


def test_while_connect_runs_the_connection_is_gone() -> None:
    """MG-3, RC-1, RC-5, Q-1."""
    hold = Hold()
    with (
        running_gateway(handlers={"connect": hold.before(ok)}) as gateway,
        gateway.management() as management,
        gateway.raw() as raw,
    ):
        raw.sendall(handshake_request(gateway.port))
        hold.wait_until_entered()
        assert all_three(management, gateway.newest_id()) == {(410, "GoneException")}
        hold.release()
        assert raw.recv(12) == b"HTTP/1.1 101"
        management.post_to_connection(ConnectionId=gateway.newest_id(), Data=b"x")


@pytest.mark.parametrize("malformed", ["bot_GAMECODE_1", "test-connection-123", NEVER_ISSUED + "test"])
def test_a_malformed_id_is_a_bad_request(malformed: str) -> None:
    """MG-14, MG-22, CL-4, RC-22."""
    with running_gateway() as gateway, gateway.management() as management:
        assert all_three(management, malformed) == {(400, "BadRequestException")}


def test_a_post_above_the_limit_is_too_large() -> None:
    """MG-16."""
    with running_gateway() as gateway, gateway.client(), gateway.management() as management:
        too_large = outcome(
            management.post_to_connection, ConnectionId=gateway.newest_id(), Data=b"x" * 131073
        )
        assert too_large == (413, "PayloadTooLargeException")


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"secret": "wrong"}, id="MG-15 signature"),
        pytest.param({"access_key": "stranger"}, id="MG-15 credentials"),
        pytest.param({"region": "us-east-1"}, id="MG-15 region"),
        pytest.param({"path": "/other"}, id="MG-15 stage"),
        pytest.param({"path": ""}, id="MG-33 no stage"),
        pytest.param({"path": "/prod/prod"}, id="MG-32 stage twice"),
    ],
)
def test_wrong_callers_and_paths_are_forbidden(options: dict[str, str]) -> None:
    with running_gateway() as gateway, gateway.client(), gateway.management(**options) as management:
        assert all_three(management, gateway.newest_id()) == {(403, "ForbiddenException")}


def test_another_method_is_forbidden() -> None:
    """MG-15."""
    with running_gateway() as gateway:
        request = b"PUT /prod/@connections/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert gateway.exchange(request).startswith(b"HTTP/1.1 403 ")


def test_an_unsigned_call_is_refused() -> None:
    """MG-18."""
    with running_gateway() as gateway, gateway.client():
        path = f"/prod/@connections/{gateway.newest_id()}"
        request = (
            f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx".encode()
        )
        head, _, body = gateway.exchange(request).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 403 Forbidden\r\n")
        assert b"\r\nx-amzn-errortype: MissingAuthenticationTokenException\r\n" in head
        assert body == b'{"message":"Missing Authentication Token"}'


def test_a_connection_of_another_api_is_gone() -> None:
    """Q-25."""
    routes = (Route("$connect", "connect"),)
    apis = (
        api(*routes, logical_id="First", api_id="aaaaaaaaaa", stage="first"),
        api(*routes, logical_id="Second", api_id="bbbbbbbbbb", stage="prod"),
    )
    with running_gateway(apis=apis) as gateway, gateway.client(), gateway.management("/first") as management:
        assert all_three(management, gateway.newest_id()) == {(410, "GoneException")}


def test_answers_carry_ids_of_the_documented_forms() -> None:
    """MG-10, EV-56."""
    with running_gateway() as gateway, gateway.client(), gateway.management() as management:
        answer = management.post_to_connection(ConnectionId=gateway.newest_id(), Data=b"x")
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        assert list(headers) == [
            "date",
            "content-type",
            "content-length",
            "x-amzn-requestid",
            "x-amz-apigw-id",
            "x-amzn-trace-id",
        ]
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", headers["x-amzn-requestid"])
        assert re.fullmatch(r"[A-Za-f][A-Za-z0-9_-]{13}[AQgw]=", headers["x-amz-apigw-id"])
        assert headers["x-amzn-trace-id"].startswith("Root=1-")


def test_a_client_that_does_not_read_gets_429_and_delays_nobody() -> None:
    """MG-17, RC-21."""
    unknowns = Unknowns(outbound_buffer_bytes=100_000)
    with running_gateway(unknowns=unknowns) as gateway, gateway.management() as management:
        deaf = socket.create_connection(("127.0.0.1", gateway.port))
        with deaf:
            deaf.sendall(handshake_request(gateway.port))
            assert deaf.recv(12) == b"HTTP/1.1 101"
            deaf_id = gateway.newest_id()
            full = refusal_of_posts(management, deaf_id)
            assert full == (429, "LimitExceededException")
            with gateway.client() as listener:
                management.post_to_connection(ConnectionId=gateway.newest_id(), Data=b"hello")
                assert listener.recv() == "hello"


def test_a_signature_is_dated_by_the_wall_clock_not_by_the_gateways() -> None:
    with running_gateway() as gateway, gateway.client(), gateway.management() as management:
        assert abs(gateway.clock.epoch_ms() / 1000 - time.time()) > 300
        management.post_to_connection(ConnectionId=gateway.newest_id(), Data=b"x")


def test_the_domain_name_is_an_address_of_the_api() -> None:
    """MG-1, EV-34."""
    with running_gateway() as gateway, gateway.client(host=gateway.domain):
        context = gateway.functions.of_type("CONNECT")[0]["requestContext"]
        assert context["domainName"] == f"{context['apiId']}.execute-api.{REGION}.amazonaws.com"
