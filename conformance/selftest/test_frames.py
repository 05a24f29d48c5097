from __future__ import annotations

import itertools
from collections.abc import Generator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame
from websockets.frames import Opcode as TheirOpcode

from conformance.harness.frames import (
    FrameParser,
    Message,
    Opcode,
    ProtocolError,
    close_payload,
    encode_frame,
    parse_close,
)

SIZES = st.sampled_from([0, 1, 125, 126, 127, 65535, 65536, 70000])


def server_frame(opcode: int, data: bytes, *, fin: bool = True) -> bytes:
    """A frame as another implementation builds it."""
    return Frame(TheirOpcode(opcode), data, fin=fin).serialize(mask=False)


def parse(data: bytes) -> list[Message]:
    return FrameParser().feed(data)


@given(SIZES, st.sampled_from([Opcode.TEXT, Opcode.BINARY]))
def test_a_frame_of_any_size_is_one_message(size: int, opcode: Opcode) -> None:
    data = b"x" * size
    assert parse(server_frame(opcode, data)) == [Message(opcode, data)]


@given(st.lists(st.binary(max_size=300), max_size=5), st.lists(st.integers(0, 2000), max_size=10))
def test_messages_are_the_same_however_the_bytes_are_cut(payloads: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(server_frame(Opcode.TEXT, payload) for payload in payloads)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    parser = FrameParser()
    messages = [
        message for start, stop in itertools.pairwise(edges) for message in parser.feed(stream[start:stop])
    ]
    assert messages == [Message(Opcode.TEXT, payload) for payload in payloads]
    assert parser.idle


def test_fragments_make_one_message_with_control_frames_in_between() -> None:
    stream = (
        server_frame(Opcode.TEXT, b"one ", fin=False)
        + server_frame(Opcode.PING, b"p")
        + server_frame(Opcode.CONTINUATION, b"two ", fin=False)
        + server_frame(Opcode.CONTINUATION, b"three")
        + server_frame(Opcode.TEXT, b"next")
    )
    assert parse(stream) == [
        Message(Opcode.PING, b"p"),
        Message(Opcode.TEXT, b"one two three"),
        Message(Opcode.TEXT, b"next"),
    ]


def test_a_parser_is_idle_only_between_messages() -> None:
    parser = FrameParser()
    parser.feed(server_frame(Opcode.TEXT, b"hi")[:1])
    assert not parser.idle
    parser.feed(server_frame(Opcode.TEXT, b"hi")[1:])
    assert parser.idle
    parser.feed(server_frame(Opcode.TEXT, b"hi", fin=False))
    assert not parser.idle


VIOLATIONS = {
    "reserved bits": b"\xc1\x00",
    "unknown opcode": b"\x83\x00",
    "unknown control opcode": b"\x8b\x00",
    "fragmented ping": b"\x09\x00",
    "long ping": b"\x89\x7e\x00\x7e" + b"x" * 126,
    "masked": b"\x81\x82\x00\x00\x00\x00hi",
    "masked, long": b"\x81\xfe\x00\x7e\x00\x00\x00\x00" + b"x" * 126,
    "continuation of nothing": b"\x80\x00",
    "new message inside another": b"\x01\x00\x81\x00",
    "length in more bytes than it needs": b"\x81\x7e\x00\x01x",
    "longer length in more bytes than it needs": b"\x81\x7f" + (65535).to_bytes(8, "big") + b"x" * 65535,
}


@pytest.mark.parametrize("stream", VIOLATIONS.values(), ids=VIOLATIONS.keys())
def test_a_violation_of_the_rfc_is_a_typed_error(stream: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse(stream)
    assert caught.value.code == 1002


def test_what_came_whole_before_a_violation_is_not_lost() -> None:
    with pytest.raises(ProtocolError) as caught:
        parse(server_frame(Opcode.TEXT, b"fine") + b"\xc1\x00")
    assert caught.value.before == [Message(Opcode.TEXT, b"fine")]


def test_a_frame_too_large_is_refused_before_it_has_come() -> None:
    with pytest.raises(ProtocolError) as caught:
        parse(b"\x82\x7f" + (1 << 40).to_bytes(8, "big"))
    assert caught.value.code == 1009


def test_a_message_too_large_in_fragments_is_refused() -> None:
    parser = FrameParser()
    parser.feed(server_frame(Opcode.BINARY, bytes(9 << 20), fin=False))
    with pytest.raises(ProtocolError) as caught:
        parser.feed(server_frame(Opcode.CONTINUATION, bytes(9 << 20)))
    assert caught.value.code == 1009


@given(SIZES, st.binary(min_size=4, max_size=4), st.booleans())
def test_a_clients_frame_is_read_by_another_implementation(size: int, mask: bytes, fin: bool) -> None:
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    encoded = encode_frame(Opcode.TEXT, data, mask, fin=fin)
    position = 0

    def read_exact(count: int) -> Generator[None, None, bytes]:
        nonlocal position
        position += count
        return encoded[position - count : position]
        yield

    reading = Frame.parse(read_exact, mask=True)
    with pytest.raises(StopIteration) as stop:
        next(reading)
    frame = stop.value.value
    assert (frame.opcode, frame.data, frame.fin) == (TheirOpcode.TEXT, data, fin)
    assert position == len(encoded)


@given(st.sampled_from([1000, 1001, 4000]), st.text())
def test_close_codes_and_reasons_survive(code: int, reason: str) -> None:
    payload = close_payload(code, reason)
    assert len(payload) <= 125
    parsed, text = parse_close(payload)
    assert parsed == code
    assert reason.startswith(text)


def test_a_close_frame_may_carry_nothing() -> None:
    assert parse_close(b"") == (None, "")


def test_a_violation_says_what_and_with_which_code() -> None:
    assert str(ProtocolError(1002, "a masked frame")) == "a masked frame (close code 1002)"
