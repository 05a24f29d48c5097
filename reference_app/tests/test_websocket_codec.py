from __future__ import annotations

from typing import Any

import pytest
from websockets.frames import Close, Frame, Opcode

from reference_app.gateway.unknowns import Unknowns
from reference_app.gateway.websocket_api import close_causes
from reference_app.gateway.websocket_api.close_causes import Ending, WireClose
from reference_app.gateway.websocket_api.websocket_codec import WebSocketCodec

FRAME_LIMIT, MESSAGE_LIMIT = 32768, 131072


class Server:
    """A codec, and what it has written."""

    def __init__(self, *, congested: bool = False, **unknowns: Any) -> None:
        self.congested = congested
        self.codec = WebSocketCodec(Unknowns(**unknowns), lambda: self.congested)

    def receive(self, *frames: Frame) -> list[str]:
        return self.codec.receive(b"".join(frame.serialize(mask=True) for frame in frames))

    def sent(self) -> bytes:
        return b"".join(self.codec.outgoing())


@pytest.fixture
def server() -> Server:
    return Server()


def text(data: bytes, *, fin: bool = True) -> Frame:
    return Frame(Opcode.TEXT, data, fin)


def more(data: bytes, *, fin: bool = True) -> Frame:
    return Frame(Opcode.CONT, data, fin)


def close_frame(code: int, reason: str = "") -> bytes:
    return Frame(Opcode.CLOSE, Close(code, reason).serialize()).serialize(mask=False)


def test_text_messages_come_out_in_order(server: Server) -> None:
    assert server.receive(text("grüß".encode()), text(b"")) == ["grüß", ""]


def test_a_fragmented_message_comes_out_whole_even_if_a_character_is_split(server: Server) -> None:
    """RT-53."""
    encoded = "😀".encode()
    assert server.receive(text(encoded[:1], fin=False), more(b"", fin=False)) == []
    assert server.receive(more(encoded[1:])) == ["😀"]


def test_a_frame_of_the_limit_passes(server: Server) -> None:
    """RT-51, RT-56."""
    assert server.receive(text(b"x" * FRAME_LIMIT)) == ["x" * FRAME_LIMIT]


def test_a_frame_above_the_limit_closes_with_1009(server: Server) -> None:
    """RT-51, RT-52, RT-53."""
    assert server.receive(text(b"x" * (FRAME_LIMIT + 1))) == []
    assert server.codec.ending == close_causes.too_big(Unknowns())
    assert server.sent() == close_frame(1009)


def test_a_fragmented_message_of_the_limit_passes(server: Server) -> None:
    """LM-5, RT-51, RT-53, RT-56."""
    quarter = b"x" * FRAME_LIMIT
    frames = (text(quarter, fin=False), more(quarter, fin=False), more(quarter, fin=False), more(quarter))
    assert server.receive(*frames) == ["x" * MESSAGE_LIMIT]


def test_a_fragmented_message_above_the_limit_closes_with_1009(server: Server) -> None:
    """RT-51."""
    quarter = b"x" * FRAME_LIMIT
    frames = [text(quarter, fin=False), *[more(quarter, fin=False)] * 3, more(b"x")]
    assert server.receive(*frames) == []
    assert server.sent() == close_frame(1009)


def test_the_limit_starts_anew_with_every_message(server: Server) -> None:
    half = b"x" * FRAME_LIMIT
    for _ in range(5):
        assert len(server.receive(text(half, fin=False), more(half))) == 1


@pytest.mark.parametrize("fin", [True, False])
def test_a_binary_frame_closes_with_1003(server: Server, fin: bool) -> None:
    """RT-50."""
    assert server.receive(Frame(Opcode.BINARY, b"x", fin), text(b"late")) == []
    assert server.codec.ending == close_causes.binary_frame(Unknowns())
    assert server.sent() == close_frame(1003)


def test_text_that_is_not_utf8_closes_with_1007(server: Server) -> None:
    """RT-60."""
    assert server.receive(text(b"before"), text(b"\xff")) == ["before"]
    assert server.codec.ending == close_causes.invalid_text(Unknowns())
    assert server.sent() == close_frame(1007)


@pytest.mark.parametrize(
    "bytes_",
    [
        pytest.param(text(b"x").serialize(mask=False), id="no mask"),
        pytest.param(b"\xc1\x80\x00\x00\x00\x00", id="reserved bit"),
        pytest.param(b"\x83\x80\x00\x00\x00\x00", id="reserved opcode"),
        pytest.param(more(b"x").serialize(mask=True), id="continuation of nothing"),
    ],
)
def test_breaking_the_protocol_closes_with_1002(server: Server, bytes_: bytes) -> None:
    """RT-60."""
    assert server.codec.receive(bytes_) == []
    assert server.codec.ending == close_causes.protocol_error(Unknowns())
    assert server.sent() == close_frame(1002)


def test_codes_and_reasons_that_aws_leaves_open_can_be_chosen() -> None:
    """RT-54, Q-15."""
    server = Server(too_big_close_reason="too big")
    server.receive(text(b"x" * (FRAME_LIMIT + 1)))
    assert server.sent() == close_frame(1009, "too big")


def test_a_ping_is_answered_with_its_payload(server: Server) -> None:
    """RT-57."""
    assert server.receive(Frame(Opcode.PING, b"now")) == []
    assert server.sent() == Frame(Opcode.PONG, b"now").serialize(mask=False)
    assert [server.codec.take_ping(), server.codec.take_ping()] == [True, False]


def test_a_client_that_does_not_read_gets_no_pong() -> None:
    server = Server(congested=True)
    server.receive(Frame(Opcode.PING, b""))
    assert server.sent() == b""


def test_a_close_frame_is_echoed_and_ends_the_connection(server: Server) -> None:
    """DC-24."""
    server.receive(Frame(Opcode.CLOSE, Close(4001, "bye").serialize()), text(b"late"))
    assert server.codec.ending == Ending(4001, "bye", None)
    assert server.codec.client_has_closed
    assert server.codec.outgoing() == [close_frame(4001, "bye"), b""]


def test_a_close_frame_without_code_is_1005(server: Server) -> None:
    """DC-20."""
    server.receive(Frame(Opcode.CLOSE, b""))
    assert server.codec.ending == close_causes.closed_by_client(1005, "", Unknowns())
    assert server.sent() == b"\x88\x00"


def test_an_ending_by_the_gateway_sends_its_close_frame_once(server: Server) -> None:
    """DC-23."""
    ending = Ending(1000, "told", WireClose(1000, "on the wire"))
    server.codec.close(ending)
    server.codec.close(ending)
    assert server.sent() == close_frame(1000, "on the wire")
    server.receive(Frame(Opcode.CLOSE, Close(1000, "echo").serialize()))
    assert server.codec.ending == ending


def test_after_the_close_frame_nothing_is_sent(server: Server) -> None:
    server.codec.close(close_causes.idle())
    server.sent()
    server.codec.send(b"late")
    assert server.sent() == b""


@pytest.mark.parametrize("payload", [b"", "grüß".encode(), b"x" * MESSAGE_LIMIT])
def test_a_message_is_sent_as_one_text_frame(server: Server, payload: bytes) -> None:
    """MG-25."""
    server.codec.send(payload)
    assert server.sent() == text(payload).serialize(mask=False)


def test_a_large_message_can_be_split() -> None:
    """LM-6, Q-17."""
    server = Server(large_post="split", frame_limit_bytes=4)
    server.codec.send(b"123456789")
    frames = (text(b"1234", fin=False), more(b"5678", fin=False), more(b"9"))
    assert server.sent() == b"".join(frame.serialize(mask=False) for frame in frames)


def test_a_message_that_is_not_utf8_is_sent_as_valid_text(server: Server) -> None:
    """MG-25, Q-17."""
    server.codec.send(b"a\xffb")
    assert server.sent() == text("a\ufffdb".encode()).serialize(mask=False)


def test_a_message_that_is_not_utf8_can_be_binary() -> None:
    """MG-25, Q-17."""
    server = Server(non_utf8_post="binary")
    server.codec.send(b"\xff")
    assert server.sent() == Frame(Opcode.BINARY, b"\xff").serialize(mask=False)
