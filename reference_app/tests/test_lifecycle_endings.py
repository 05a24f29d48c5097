"""How a connection ends, over real sockets: its close frame, its `$disconnect`, what is left of it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import websocket

from reference_app.gateway.template.application import Route
from reference_app.gateway.unknowns import Unknowns
from reference_app.tests.running_gateway import (
    PATIENCE_S,
    Hold,
    Running,
    echo,
    handshake_request,
    ok,
    reset,
    running_gateway,
)

DEFAULT = Route("$default", "default", two_way=True)


def closing(client: websocket.WebSocket) -> bytes:
    """Return the payload of the close frame that comes next."""
    opcode, data = client.recv_data()
    assert opcode == websocket.ABNF.OPCODE_CLOSE
    return bytes(data)


def disconnected(gateway: Running) -> tuple[int, str]:
    (event,) = gateway.functions.of_type("DISCONNECT")
    context = event["requestContext"]
    return context["disconnectStatusCode"], context["disconnectReason"]


def test_disconnect_after_a_refusal_can_be_switched_on() -> None:
    """DC-7, Q-4."""

    async def refuse(_event: dict[str, Any]) -> object:
        return {"statusCode": 403}

    unknowns = Unknowns(refused_connect_sends_disconnect=True)
    with running_gateway(handlers={"connect": refuse}, unknowns=unknowns) as gateway:
        gateway.exchange(handshake_request(gateway.port))
        assert disconnected(gateway) == (1006, "")


def test_a_client_that_leaves_during_connect_gets_its_disconnect_afterwards() -> None:
    """RC-11, Q-3."""
    hold = Hold()
    with running_gateway(handlers={"connect": hold.before(ok)}) as gateway:
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
    connect = hold.before(ok)
    with running_gateway(handlers={"connect": connect}, unknowns=unknowns) as gateway:
        with gateway.raw() as raw:
            raw.sendall(handshake_request(gateway.port))
            hold.wait_until_entered()
        gateway.take_notice()
        hold.release()
        gateway.stop()
        assert [event["requestContext"]["eventType"] for event in gateway.functions.events] == ["CONNECT"]


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
    with running_gateway(handlers={"disconnect": hold.before(ok)}) as gateway:
        with gateway.client():
            stopping = gateway.begin_to_stop()
            hold.wait_until_entered()
            late = gateway.exchange(handshake_request(gateway.port))
            hold.release()
        assert late.startswith(b"HTTP/1.1 503 ")
        stopping.result(PATIENCE_S)


def test_a_gateway_that_stops_cuts_off_clients_whose_connect_still_runs() -> None:
    hold = Hold()
    with running_gateway(handlers={"connect": hold.before(ok)}) as gateway:
        with gateway.raw() as raw:
            raw.sendall(handshake_request(gateway.port))
            hold.wait_until_entered()
            stopping = gateway.begin_to_stop()
            with suppress(ConnectionResetError):
                assert raw.recv(1) == b""
        hold.release()
        stopping.result(PATIENCE_S)
        assert disconnected(gateway) == (1006, "")
