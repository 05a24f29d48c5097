"""The course of a connection, over real sockets: handshake, messages, limits, end."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
import websocket

from reference_app.gateway.functions.invocation import Failed
from reference_app.gateway.template.application import Route
from reference_app.gateway.unknowns import Unknowns
from reference_app.tests.running_gateway import (
    PATIENCE_S,
    Hold,
    Running,
    api,
    handshake_request,
    reset,
    running_gateway,
)

DEFAULT = Route("$default", "default", two_way=True)


async def echo(event: dict[str, Any]) -> object:
    return {"statusCode": 200, "body": event["body"]}


def closing(client: websocket.WebSocket) -> bytes:
    """Return the payload of the close frame that comes next."""
    opcode, data = client.recv_data()
    assert opcode == websocket.ABNF.OPCODE_CLOSE
    return bytes(data)


def disconnected(gateway: Running) -> tuple[int, str]:
    (event,) = gateway.functions.of_type("DISCONNECT")
    context = event["requestContext"]
    return context["disconnectStatusCode"], context["disconnectReason"]


def holding(hold: Hold, then: object) -> Any:
    async def handler(_event: dict[str, Any]) -> object:
        await hold()
        return then

    return handler


def test_the_handshake_waits_for_connect() -> None:
    """HS-5."""
    hold = Hold()
    with (
        running_gateway(handlers={"connect": holding(hold, {"statusCode": 200})}) as gateway,
        gateway.raw() as raw,
    ):
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


def test_disconnect_after_a_refusal_can_be_switched_on() -> None:
    """DC-7, Q-4."""

    async def refuse(_event: dict[str, Any]) -> object:
        return {"statusCode": 403}

    unknowns = Unknowns(refused_connect_sends_disconnect=True)
    with running_gateway(handlers={"connect": refuse}, unknowns=unknowns) as gateway:
        gateway.exchange(handshake_request(gateway.port))
        assert disconnected(gateway) == (1006, "")


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
        running_gateway(DEFAULT, handlers={"connect": holding(hold, {"statusCode": 200})}) as gateway,
        gateway.raw() as raw,
    ):
        raw.sendall(handshake_request(gateway.port) + frame[:3])
        hold.wait_until_entered()
        raw.sendall(frame[3:])
        hold.release()
        assert gateway.functions.of_type("MESSAGE")[0]["body"] == "early"


def test_a_client_that_leaves_during_connect_gets_its_disconnect_afterwards() -> None:
    """RC-11, Q-3."""
    hold = Hold()
    with running_gateway(handlers={"connect": holding(hold, {"statusCode": 200})}) as gateway:
        with gateway.raw() as raw:
            raw.sendall(handshake_request(gateway.port))
            hold.wait_until_entered()
        gateway.take_notice()
        hold.release()
        assert disconnected(gateway) == (1006, "")
        types = [event["requestContext"]["eventType"] for event in gateway.functions.events]
        assert types == ["CONNECT", "DISCONNECT"]


def test_a_client_that_leaves_during_connect_can_go_unreported() -> None:
    """RC-11, Q-3."""
    hold = Hold()
    unknowns = Unknowns(abandoned_connect="no-disconnect")
    connect = holding(hold, {"statusCode": 200})
    with running_gateway(handlers={"connect": connect}, unknowns=unknowns) as gateway:
        with gateway.raw() as raw:
            raw.sendall(handshake_request(gateway.port))
            hold.wait_until_entered()
        gateway.take_notice()
        hold.release()
        gateway.stop()
        assert [event["requestContext"]["eventType"] for event in gateway.functions.events] == ["CONNECT"]


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
        running_gateway(route, handlers={"default": holding(hold, None)}) as gateway,
        gateway.client() as client,
    ):
        client.send("x")
        assert json.loads(client.recv())["message"] == "Endpoint request timed out"


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        pytest.param(b"", (1005, "Client-side close frame status not set"), id="DC-20"),
        pytest.param(b"\x03\xe9", (1001, ""), id="DC-21"),
        pytest.param(b"\x03\xe8bye", (1000, "bye"), id="DC-24"),
    ],
)
def test_disconnect_tells_how_the_client_closed(frame: bytes, expected: tuple[int, str]) -> None:
    with running_gateway() as gateway, gateway.client() as client:
        client.send(frame, websocket.ABNF.OPCODE_CLOSE)
        assert closing(client) == frame
        assert disconnected(gateway) == expected


def test_a_reset_is_noticed_at_once() -> None:
    """DC-25."""
    with running_gateway() as gateway, gateway.client() as client:
        reset(client)
        assert disconnected(gateway) == (1006, "")


def test_an_end_of_stream_without_close_frame_is_noticed_at_once() -> None:
    """DC-25."""
    with running_gateway() as gateway:
        with gateway.client():
            pass
        assert disconnected(gateway) == (1006, "")


@pytest.mark.parametrize(
    ("payload", "opcode", "code"),
    [
        pytest.param(b"x", websocket.ABNF.OPCODE_BINARY, 1003, id="RT-50"),
        pytest.param(b"x" * 32769, websocket.ABNF.OPCODE_TEXT, 1009, id="RT-51"),
        pytest.param(b"x" * 4_000_000, websocket.ABNF.OPCODE_TEXT, 1009, id="RT-52"),
        pytest.param(b"\xff", websocket.ABNF.OPCODE_TEXT, 1007, id="RT-60"),
    ],
)
def test_what_the_gateway_does_not_take_closes_the_connection(payload: bytes, opcode: int, code: int) -> None:
    """DC-26."""
    with running_gateway(DEFAULT) as gateway, gateway.client() as client:
        client.send(payload, opcode)
        assert closing(client) == code.to_bytes(2)
        assert disconnected(gateway) == (code, "")
        assert all(event["requestContext"]["eventType"] != "MESSAGE" for event in gateway.functions.events)


def test_ten_idle_minutes_close_the_connection() -> None:
    """LM-3, LM-16, LM-17, DC-22; `$disconnect` runs when all is over (DC-1)."""
    with running_gateway() as gateway, gateway.client() as client:
        gateway.advance(604)
        assert closing(client) == b"\x03\xe9Going away"
        assert disconnected(gateway) == (1001, "Going away")


def test_a_message_restarts_the_idle_time() -> None:
    """LM-15."""
    with running_gateway(DEFAULT, handlers={"default": echo}) as gateway, gateway.client() as client:
        gateway.advance(599)
        client.send("still here")
        assert client.recv() == "still here"
        gateway.advance(599)
        client.send("still here")
        assert client.recv() == "still here"


@pytest.mark.parametrize(("resets", "closed"), [(False, True), (True, False)])
def test_a_ping_restarts_the_idle_time_only_if_chosen(resets: bool, closed: bool) -> None:
    """RT-59, Q-18."""
    with running_gateway(unknowns=Unknowns(ping_resets_idle=resets)) as gateway, gateway.client() as client:
        gateway.advance(603)
        client.ping("x")
        assert client.recv_data(control_frame=True) == (websocket.ABNF.OPCODE_PONG, b"x")
        gateway.advance(1)
        client.ping("y")
        opcode, _ = client.recv_data(control_frame=True)
        assert (opcode == websocket.ABNF.OPCODE_CLOSE) is closed


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


def test_two_hours_close_the_busiest_connection() -> None:
    """LM-4, LM-18."""
    with running_gateway(DEFAULT, handlers={"default": echo}) as gateway, gateway.client() as client:
        for _ in range(13):
            gateway.advance(540)
            client.send("busy")
            assert client.recv() == "busy"
        gateway.advance(180)
        assert closing(client) == b"\x03\xe9Going away"
        assert disconnected(gateway) == (1001, "Going away")


def test_disconnect_runs_once_however_often_the_connection_ends() -> None:
    with running_gateway() as gateway, gateway.client() as client:
        gateway.advance(604)
        closing(client)
        client.send(b"\x03\xe8", websocket.ABNF.OPCODE_CLOSE)
        reset(client)
        gateway.stop()
        assert len(gateway.functions.of_type("DISCONNECT")) == 1


def test_without_lifecycle_routes_clients_come_and_go() -> None:
    """HS-6."""
    with running_gateway(apis=(api(DEFAULT),), handlers={"default": echo}) as gateway:
        with gateway.client() as client:
            client.send("x")
            assert client.recv() == "x"
        gateway.stop()
        assert [event["requestContext"]["eventType"] for event in gateway.functions.events] == ["MESSAGE"]


@pytest.mark.parametrize("leave", [reset, lambda client: client.send(b"", websocket.ABNF.OPCODE_CLOSE)])
def test_an_ended_connection_leaves_nothing_behind(leave: Any) -> None:
    with running_gateway() as gateway, gateway.client() as client:
        registry, timers = gateway.lifecycle.registry, gateway.clock.due
        assert (len(registry), len(timers)) == (1, 1)
        leave(client)
        gateway.functions.of_type("DISCONNECT")
        assert (len(registry), len(timers)) == (0, 0)


def test_a_gateway_that_stops_lets_nobody_in() -> None:
    hold = Hold()
    with running_gateway(handlers={"disconnect": holding(hold, {"statusCode": 200})}) as gateway:
        with gateway.client():
            stopping = gateway.begin_to_stop()
            hold.wait_until_entered()
            late = gateway.exchange(handshake_request(gateway.port))
            hold.release()
        assert late.startswith(b"HTTP/1.1 503 ")
        stopping.result(PATIENCE_S)


def test_a_gateway_that_stops_cuts_off_clients_whose_connect_still_runs() -> None:
    hold = Hold()
    with running_gateway(handlers={"connect": holding(hold, {"statusCode": 200})}) as gateway:
        with gateway.raw() as raw:
            raw.sendall(handshake_request(gateway.port))
            hold.wait_until_entered()
            stopping = gateway.begin_to_stop()
            with suppress(ConnectionResetError):
                assert raw.recv(1) == b""
        hold.release()
        stopping.result(PATIENCE_S)
        assert disconnected(gateway) == (1006, "")
