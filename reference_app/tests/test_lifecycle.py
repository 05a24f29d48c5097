"""How a connection begins and what it carries, over real sockets: handshake, messages, control frames."""

from __future__ import annotations

import json
from typing import Any

import pytest
import websocket

from reference_app.gateway.functions.invocation import Failed
from reference_app.gateway.template.application import Route
from reference_app.gateway.unknowns import Unknowns
from reference_app.tests.running_gateway import (
    Hold,
    api,
    echo,
    handshake_request,
    ok,
    running_gateway,
)

DEFAULT = Route("$default", "default", two_way=True)


def test_the_handshake_waits_for_connect() -> None:
    """HS-5."""
    hold = Hold()
    with running_gateway(handlers={"connect": hold.before(ok)}) as gateway, gateway.raw() as raw:
        raw.sendall(handshake_request(gateway.port))
        hold.wait_until_entered()
        raw.setblocking(False)
        with pytest.raises(BlockingIOError):
            raw.recv(1)
        raw.settimeout(10)
        hold.release()
        assert raw.recv(12) == b"HTTP/1.1 101"


@pytest.mark.parametrize(
    ("outcome", "status_line"),
    [
        pytest.param({"statusCode": 401, "body": "no"}, b"HTTP/1.1 401 Unauthorized", id="HS-8"),
        pytest.param(Failed("unhandled", "E", "m"), b"HTTP/1.1 502 Bad Gateway", id="HS-9"),
    ],
)
def test_a_refused_handshake_ends_with_a_status_and_nothing_else(outcome: object, status_line: bytes) -> None:
    async def refuse(_event: dict[str, Any]) -> object:
        return outcome

    with running_gateway(handlers={"connect": refuse}) as gateway:
        answer = gateway.exchange(handshake_request(gateway.port))
        assert answer.startswith(status_line + b"\r\n")
        assert answer.endswith(b"content-length: 0\r\nconnection: close\r\n\r\n")
        gateway.stop()
        assert [event["requestContext"]["eventType"] for event in gateway.functions.events] == [
            "CONNECT"
        ]  # DC-7


def test_a_refusal_can_carry_the_json_of_error_frames() -> None:
    """HS-12, Q-6."""

    async def refuse(_event: dict[str, Any]) -> object:
        return {"statusCode": 403}

    unknowns = Unknowns(handshake_refusal_body="error-frame")
    with running_gateway(handlers={"connect": refuse}, unknowns=unknowns) as gateway:
        body = json.loads(gateway.exchange(handshake_request(gateway.port)).partition(b"\r\n\r\n")[2])
        assert (body["message"], body["connectionId"]) == ("Forbidden", gateway.newest_id())


def test_the_subprotocol_of_connect_reaches_the_client() -> None:
    """HS-14."""

    async def choose(_event: dict[str, Any]) -> object:
        return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "b"}}

    with (
        running_gateway(handlers={"connect": choose}) as gateway,
        gateway.client(subprotocols=["a", "b"]) as client,
    ):
        assert client.getsubprotocol() == "b"
        assert gateway.functions.events[0]["headers"]["Sec-WebSocket-Protocol"] == "a,b"


OFFER = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"


def test_permessage_deflate_is_declined() -> None:
    """HS-29, Q-8."""
    with running_gateway() as gateway, gateway.client(header=[OFFER]) as client:
        assert "sec-websocket-extensions" not in (client.getheaders() or {})


def test_permessage_deflate_can_be_accepted() -> None:
    """HS-29, Q-8; the frame is RFC 7692's own example, section 7.2.3.1, masked with zeros."""
    unknowns = Unknowns(permessage_deflate="accepted")
    with (
        running_gateway(DEFAULT, handlers={"default": echo}, unknowns=unknowns) as gateway,
        gateway.client(header=[OFFER]) as client,
    ):
        assert (client.getheaders() or {})["sec-websocket-extensions"] == "permessage-deflate"
        assert client.sock is not None
        client.sock.sendall(b"\xc1\x87\x00\x00\x00\x00\xf2\x48\xcd\xc9\xc9\x07\x00")
        assert client.sock.recv(9) == b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"
        assert gateway.functions.of_type("MESSAGE")[0]["body"] == "Hello"


def test_a_message_sent_before_the_101_is_taken_after_it() -> None:
    hold = Hold()
    frame = websocket.ABNF.create_frame("early", websocket.ABNF.OPCODE_TEXT).format()
    with (
        running_gateway(DEFAULT, handlers={"connect": hold.before(ok)}) as gateway,
        gateway.raw() as raw,
    ):
        raw.sendall(handshake_request(gateway.port) + frame[:3])
        hold.wait_until_entered()
        raw.sendall(frame[3:])
        hold.release()
        assert gateway.functions.of_type("MESSAGE")[0]["body"] == "early"


def test_messages_of_one_connection_are_invoked_side_by_side() -> None:
    """RT-38, RT-39."""
    hold = Hold()

    async def slow_first(event: dict[str, Any]) -> object:
        if event["body"] == "first":
            await hold()
        return await echo(event)

    with running_gateway(DEFAULT, handlers={"default": slow_first}) as gateway, gateway.client() as client:
        client.send("first")
        client.send("second")
        assert client.recv() == "second"
        hold.release()
        assert client.recv() == "first"


def test_messages_of_one_connection_can_be_invoked_one_after_the_other() -> None:
    """RT-39, Q-14."""
    hold = Hold()

    async def slow_first(event: dict[str, Any]) -> object:
        if event["body"] == "first":
            await hold()
        return await echo(event)

    unknowns = Unknowns(message_concurrency="serial")
    with (
        running_gateway(DEFAULT, handlers={"default": slow_first}, unknowns=unknowns) as gateway,
        gateway.client() as client,
    ):
        client.send("first")
        client.send("second")
        hold.wait_until_entered()
        assert len(gateway.functions.of_type("MESSAGE")) == 1
        hold.release()
        assert [client.recv(), client.recv()] == ["first", "second"]


def test_an_error_frame_leaves_the_connection_usable() -> None:
    """RT-20."""
    with (
        running_gateway(Route("go", "go", two_way=True), handlers={"go": echo}) as gateway,
        gateway.client() as client,
    ):
        client.send("no json")
        frame = client.recv()
        assert str(frame).startswith('{"message": "Forbidden", "connectionId":"' + gateway.newest_id())
        client.send('{"action":"go"}')
        assert client.recv() == '{"action":"go"}'


def test_a_client_is_told_that_its_integration_timed_out() -> None:
    """RT-22, LM-7."""
    hold = Hold()
    route = Route("$default", "default", timeout_s=0.05)
    with (
        running_gateway(route, handlers={"default": hold.before(ok)}) as gateway,
        gateway.client() as client,
    ):
        client.send("x")
        assert json.loads(client.recv())["message"] == "Endpoint request timed out"


def test_control_frames_reach_no_function_and_the_gateway_starts_none() -> None:
    """RT-58, RT-57."""
    with running_gateway(DEFAULT, handlers={"default": echo}) as gateway, gateway.client() as client:
        client.ping("x")
        client.pong("unasked")
        gateway.advance(540)
        client.send("still here")
        assert [client.recv_data(control_frame=True) for _ in range(2)] == [
            (websocket.ABNF.OPCODE_PONG, b"x"),
            (websocket.ABNF.OPCODE_TEXT, b"still here"),
        ]
        assert len(gateway.functions.of_type("MESSAGE")) == 1


def test_without_lifecycle_routes_clients_come_and_go() -> None:
    """HS-6."""
    with running_gateway(apis=(api(DEFAULT),), handlers={"default": echo}) as gateway:
        with gateway.client() as client:
            client.send("x")
            assert client.recv() == "x"
        gateway.stop()
        assert [event["requestContext"]["eventType"] for event in gateway.functions.events] == ["MESSAGE"]
