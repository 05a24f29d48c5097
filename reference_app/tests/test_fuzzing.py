"""Malformed input on both faces: whatever one peer sends, the others talk on, and hear nothing of it."""

from __future__ import annotations

import asyncio
import itertools
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import websocket
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reference_app.gateway.template.application import Route
from reference_app.tests.raw_frames import frame
from reference_app.tests.running_gateway import PATIENCE_S, echo, handshake_request, running_gateway

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_app.tests.running_gateway import Running

FUZZED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Bystander:
    """A client that says something and must hear that, and nothing else."""

    def __init__(self, gateway: Running, client: websocket.WebSocket) -> None:
        self.gateway = gateway
        self._client = client
        self._numbers = itertools.count()

    def talks_on(self) -> None:
        words = f"bystander {next(self._numbers)}"
        self._client.send(words)
        assert self._client.recv() == words


@pytest.fixture(scope="module")
def bystander() -> Iterator[Bystander]:
    """Two-way `$default`: the gateway sends back what a client said, to that client."""
    unhandled: list[object] = []
    with running_gateway(Route("$default", "echo", two_way=True), handlers={"echo": echo}) as gateway:
        gateway.loop.set_exception_handler(lambda _loop, context: unhandled.append(context))
        with gateway.client() as client:
            yield Bystander(gateway, client)
    assert unhandled == []


def send_and_leave(gateway: Running, data: bytes) -> bytes:
    """Send bytes, end the stream, and return what comes until the gateway ends it too."""
    answer = bytearray()
    # Being cut off in the middle is an answer as well.
    with gateway.raw() as raw, suppress(ConnectionError):
        raw.sendall(data)
        raw.shutdown(socket.SHUT_WR)
        while chunk := raw.recv(65536):
            answer += chunk
    return bytes(answer)


frames = st.builds(
    frame,
    st.integers(0, 15),
    st.one_of(st.binary(max_size=200), st.sampled_from([125, 126, 40_000]).map(bytes)),
    fin=st.booleans(),
    reserved=st.sampled_from([0, 0, 0, 1]),
    mask=st.sampled_from([True, True, True, False]),
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Frames that are valid but for a few bytes, and cut off somewhere."""
    data = bytearray(b"".join(draw(st.lists(frames, min_size=1, max_size=6))))
    for _ in range(draw(st.integers(0, 4))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(1, len(data)))])


@FUZZED
@given(st.one_of(st.binary(max_size=2000), mutated()))
def test_frames_of_any_shape_disturb_nobody(bystander: Bystander, data: bytes) -> None:
    answer = send_and_leave(bystander.gateway, handshake_request(bystander.gateway.port) + data)
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert b"bystander" not in answer
    bystander.talks_on()


PATHS = st.sampled_from(
    ["/prod", "/prod/", "/", "/prod/@connections/", "/prod/@connections/x%3D", "*", "//", "/%"]
)
tokens = st.text(st.characters(min_codepoint=33, max_codepoint=255), min_size=1, max_size=12)
lines = st.one_of(
    st.builds("{}: {}".format, tokens, tokens),
    st.sampled_from(
        [
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Key: short",
            "Content-Length: 5",
            "Content-Length: -1",
            "Content-Length: 99999999999999999999",
            "Transfer-Encoding: chunked",
            "Transfer-Encoding: gzip, chunked",
            "Expect: 100-continue",
            "Authorization: AWS4-HMAC-SHA256 Credential=local/20261122/eu-west-1/execute-api/aws4_request, "
            "SignedHeaders=host, Signature=" + "0" * 64,
            "X-Amz-Date: 20261122T000000Z",
            " folded",
            ":",
            "",
        ]
    ),
)
requests = st.builds(
    lambda method, path, version, headers, body: (
        f"{method} {path} {version}\r\nHost: x\r\n".encode("latin-1")
        + "".join(f"{line}\r\n" for line in headers).encode("latin-1")
        + b"\r\n"
        + body
    ),
    st.sampled_from(["GET", "POST", "DELETE", "PUT", "CONNECT", "get", "PRI", "G\x00T"]),
    st.one_of(PATHS, tokens.map("/prod/@connections/{}".format)),
    st.sampled_from(["HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/1.1 ", ""]),
    st.lists(lines, max_size=8),
    st.one_of(st.binary(max_size=100), st.just(b"5\r\nhello\r\n0\r\n\r\n"), st.just(b"zz\r\nhello")),
)


@FUZZED
@given(st.one_of(st.binary(max_size=500), st.lists(requests, min_size=1, max_size=3).map(b"".join)))
def test_requests_of_any_shape_disturb_nobody(bystander: Bystander, data: bytes) -> None:
    """MG-15, HS-26: an answer, if there is one, is an HTTP answer, and never a success of a call."""
    answer = send_and_leave(bystander.gateway, data)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 ")
    assert not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 204", b"HTTP/1.1 5"))
    assert b"bystander" not in answer
    bystander.talks_on()


def test_nothing_is_left_of_those_who_sent_it(bystander: Bystander) -> None:
    gateway = bystander.gateway

    async def only_the_bystander_is_left() -> None:
        while len(gateway.lifecycle._clients) > 1 or len(gateway.lifecycle.registry) > 1:
            await asyncio.sleep(0.005)

    waiting = asyncio.run_coroutine_threadsafe(only_the_bystander_is_left(), gateway.loop)
    waiting.result(PATIENCE_S)
    bystander.talks_on()
