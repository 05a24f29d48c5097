"""The gateway as clients and callers of `@connections` meet it, over real sockets."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from contextlib import suppress
from typing import Any

import pytest
import trustme
import websocket
from botocore.exceptions import ClientError

from reference_app.gateway.template.application import CustomDomain, Route
from reference_app.tests.running_gateway import (
    PATIENCE_S,
    REGION,
    Hold,
    api,
    echo,
    handshake_request,
    ok,
    running_gateway,
)

ECHO = Route("echo", "echo", two_way=True)


def test_a_client_connects_speaks_and_leaves_and_the_functions_hear_of_it() -> None:
    with running_gateway(ECHO, handlers={"echo": echo}) as gateway:
        with gateway.client() as client:
            client.send('{"action": "echo", "text": "grüß"}')
            assert client.recv() == '{"action": "echo", "text": "grüß"}'
            client.close()
        kinds = [event["requestContext"]["eventType"] for event in gateway.functions.events[:2]]
        assert kinds == ["CONNECT", "MESSAGE"]
        assert len(gateway.functions.of_type("DISCONNECT")) == 1


def test_a_trailing_slash_after_the_stage_connects_too() -> None:
    """HS-4."""
    with running_gateway() as gateway, gateway.client("/") as client:
        assert client.connected


@pytest.mark.parametrize("path", ["/", "/other", "/prod/more"])
def test_a_path_that_is_no_stage_is_forbidden(path: str) -> None:
    """HS-26."""
    with running_gateway() as gateway:
        answer = gateway.exchange(handshake_request(gateway.port, path))
        assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")
        assert answer.endswith(b'\r\n\r\n{"message":"Forbidden"}')


def test_a_plain_get_is_told_to_upgrade() -> None:
    """HS-27."""
    with running_gateway() as gateway:
        answer = gateway.exchange(b"GET /prod HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 426 Upgrade Required\r\n")


def test_one_port_takes_tls_and_plain_clients() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with running_gateway(ECHO, handlers={"echo": echo}, tls=context) as gateway:
        trust = authority.cert_pem.bytes().decode()
        secure = websocket.create_connection(
            f"wss://localhost:{gateway.port}/prod",
            timeout=PATIENCE_S,
            sslopt={"context": ssl.create_default_context(cadata=trust)},
        )
        with gateway.client() as plain:
            for client in (secure, plain):
                client.send('{"action":"echo"}')
                assert client.recv() == '{"action":"echo"}'
        secure.close()
        assert gateway.functions.of_type("DISCONNECT", 2)


def test_a_tls_client_is_cut_off_by_a_gateway_without_a_certificate() -> None:
    with running_gateway() as gateway, gateway.raw() as raw:
        raw.sendall(b"\x16\x03\x01\x00\x05hello")
        with suppress(ConnectionResetError):
            assert raw.recv(1) == b""


def test_the_host_name_chooses_the_api_when_two_share_a_stage() -> None:
    """HS-1: `{api}.execute-api.{region}.amazonaws.com`."""
    routes = (Route("$connect", "connect"),)
    apis = (
        api(*routes, logical_id="First", api_id="aaaaaaaaaa"),
        api(*routes, logical_id="Second", api_id="bbbbbbbbbb"),
    )
    with running_gateway(apis=apis) as gateway:
        host = f"bbbbbbbbbb.execute-api.{REGION}.amazonaws.com"
        with gateway.client(host=host):
            (event,) = gateway.functions.of_type("CONNECT")
        assert event["requestContext"]["apiId"] == "bbbbbbbbbb"


def test_at_a_custom_domain_clients_and_callers_name_no_stage() -> None:
    """MG-31, MG-32, EV-34."""
    routes = (Route("$connect", "connect"), Route("$disconnect", "disconnect"))
    domain = CustomDomain("ws.example.com", "chat")
    with running_gateway(apis=(api(*routes, domains=(domain,)),)) as gateway:
        url = f"ws://127.0.0.1:{gateway.port}/chat"
        client = websocket.create_connection(url, host=domain.name, timeout=PATIENCE_S)
        context = gateway.functions.of_type("CONNECT")[0]["requestContext"]
        assert (context["domainName"], context["stage"]) == ("ws.example.com", "prod")
        with gateway.management("/chat") as management:
            management.meta.events.register("before-sign", at(domain.name))
            management.post_to_connection(ConnectionId=context["connectionId"], Data=b"hello")
            assert client.recv() == "hello"
        with gateway.management("/chat/prod") as management:
            management.meta.events.register("before-sign", at(domain.name))
            with pytest.raises(ClientError) as caught:
                management.post_to_connection(ConnectionId=context["connectionId"], Data=b"hello")
        client.close()
    assert caught.value.response["Error"]["Message"] == (
        f"No method found matching route prod/@connections/{context['connectionId']} for http method POST."
    )


def at(host: str) -> Any:
    """Has botocore sign and send requests for a host of this name."""

    def add_host(request: Any, **_: object) -> None:
        request.headers["Host"] = host

    return add_host


def test_stopping_closes_clients_with_1001_and_runs_disconnect() -> None:
    """DC-3."""
    with running_gateway() as gateway, gateway.client() as client:
        gateway.stop()
        opcode, data = client.recv_data()
        assert (opcode, data) == (websocket.ABNF.OPCODE_CLOSE, b"\x03\xe9Going away")
        (event,) = gateway.functions.of_type("DISCONNECT")
        assert event["requestContext"]["disconnectStatusCode"] == 1001


def test_stopping_frees_the_port() -> None:
    with running_gateway() as gateway:
        with gateway.client(), gateway.raw():
            gateway.stop()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", gateway.port), PATIENCE_S)


def test_stopping_does_not_wait_for_a_disconnect_that_hangs() -> None:
    hold = Hold()
    with running_gateway(handlers={"disconnect": hold.before(ok)}) as gateway:
        with gateway.client() as client:
            client.close()
        hold.wait_until_entered()
        gateway.stop()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", gateway.port), PATIENCE_S)


def test_a_port_that_is_taken_is_an_os_error() -> None:
    with running_gateway() as first, running_gateway() as second:
        start = second.gateway.start("127.0.0.1", first.port)
        with pytest.raises(OSError, match="in use") as caught:
            asyncio.run_coroutine_threadsafe(start, second.loop).result(PATIENCE_S)
        assert caught.value.errno == errno.EADDRINUSE
