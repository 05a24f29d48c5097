"""HTTP on a raw socket: keep-alive, pipelining, bounds."""

from __future__ import annotations

import re

import pytest

from reference_app.tests.running_gateway import handshake_request, read_to_end, running_gateway

GET = b"GET /prod HTTP/1.1\r\nHost: x\r\n\r\n"
LAST_GET = b"GET /prod HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
CALL = b"POST /prod/@connections/x HTTP/1.1\r\nHost: x\r\n"


def test_a_connection_is_kept_for_the_next_request() -> None:
    with running_gateway() as gateway, gateway.raw() as raw:
        raw.sendall(GET)
        assert raw.recv(65536).startswith(b"HTTP/1.1 426 ")
        raw.sendall(LAST_GET)
        assert read_to_end(raw).startswith(b"HTTP/1.1 426 ")


def test_a_connection_serves_any_number_of_requests() -> None:
    """The bound on a request's head starts anew with each of them."""
    padded = GET.replace(b"\r\n\r\n", b"\r\nX: " + b"x" * 9000 + b"\r\n\r\n")
    with running_gateway() as gateway, gateway.raw() as raw:
        for _ in range(10):
            raw.sendall(padded)
            assert raw.recv(65536).startswith(b"HTTP/1.1 426 ")


def test_pipelined_requests_are_answered_in_order() -> None:
    with running_gateway() as gateway:
        answers = gateway.exchange(GET + CALL + b"Content-Length: 2\r\n\r\nhi" + LAST_GET)
        assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"426", b"403", b"426"]


def test_what_follows_the_last_request_is_not_answered() -> None:
    with running_gateway() as gateway:
        assert gateway.exchange(LAST_GET + GET).count(b"HTTP/1.1") == 1


def test_a_request_may_come_in_pieces() -> None:
    with running_gateway() as gateway, gateway.raw() as raw:
        request = CALL + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
        for position in range(len(request)):
            raw.sendall(request[position : position + 1])
        assert read_to_end(raw).startswith(b"HTTP/1.1 403 ")


def test_a_caller_that_waits_for_100_continue_gets_it() -> None:
    with running_gateway() as gateway, gateway.raw() as raw:
        raw.sendall(CALL + b"Content-Length: 1\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
        assert raw.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        raw.sendall(b"x")
        assert read_to_end(raw).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        pytest.param(b"nonsense\r\n\r\n", b"400", id="no HTTP"),
        pytest.param(b"GET /prod HTTP/1.1\r\nX: " + b"x" * 70_000, b"431", id="endless header"),
        pytest.param(CALL + b"Content-Length: 2000000\r\n\r\n" + b"x" * 1_100_000, b"413", id="endless body"),
    ],
)
def test_requests_out_of_bounds_end_the_connection(request_: bytes, status: bytes) -> None:
    with running_gateway() as gateway, gateway.raw() as raw:
        raw.sendall(request_)
        assert raw.recv(12) == b"HTTP/1.1 " + status


def test_an_upgrade_to_something_else_is_told_to_upgrade() -> None:
    """HS-27."""
    with running_gateway() as gateway:
        request = handshake_request(gateway.port).replace(b"Upgrade: websocket", b"Upgrade: h2c")
        assert gateway.exchange(request).startswith(b"HTTP/1.1 426 ")


def test_a_handshake_may_follow_another_request() -> None:
    with running_gateway() as gateway, gateway.raw() as raw:
        raw.sendall(GET)
        assert raw.recv(65536).startswith(b"HTTP/1.1 426 ")
        raw.sendall(handshake_request(gateway.port))
        assert raw.recv(65536).startswith(b"HTTP/1.1 101 ")
