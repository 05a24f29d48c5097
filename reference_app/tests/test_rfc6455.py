"""RFC 6455 case by case, in the manner of Autobahn's test suite, each in one piece and byte by byte.

API Gateway's own limits and refusals (RT-50 to RT-53) are in test_websocket_codec.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from reference_app.gateway.unknowns import Unknowns
from reference_app.gateway.websocket_api.websocket_codec import WebSocketCodec
from reference_app.tests.raw_frames import CLOSE, CONT, MASK, PING, PONG, TEXT, frame

if TYPE_CHECKING:
    from collections.abc import Iterator


def from_server(opcode: int, payload: bytes = b"") -> bytes:
    return frame(opcode, payload, mask=False)


def closing(code: int, reason: bytes = b"") -> bytes:
    return code.to_bytes(2) + reason


@dataclass(frozen=True)
class Case:
    """What a client sends, which messages that makes, and what it hears."""

    section: str
    what: str
    sends: bytes
    messages: tuple[str, ...] = ()
    hears: bytes = b""


def fails(section: str, what: str, sends: bytes, code: int, *messages: str) -> Case:
    """The connection is failed with a code; nothing that comes after it counts."""
    return Case(section, what, sends + frame(TEXT, b"late"), messages, from_server(CLOSE, closing(code)))


def framing() -> Iterator[Case]:
    for reserved in (1, 2, 3, 4, 7):
        for opcode in (TEXT, PING, CLOSE):
            sends = frame(TEXT, b"first") + frame(opcode, reserved=reserved)
            yield fails("5.2", f"reserved bits {reserved:03b} on opcode {opcode}", sends, 1002, "first")
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        yield fails("5.2", f"reserved opcode {opcode}", frame(opcode, b"x"), 1002)
    yield fails("5.2", "length with its highest bit set", b"\x81\xff\x80" + bytes(7) + MASK, 1009)
    for size in (0, 1, 125, 126, 127, 128, 255, 256, 32_767, 32_768):
        yield Case("5.2", f"text of {size} bytes", frame(TEXT, b"*" * size), ("*" * size,))
    for opcode in (TEXT, PING, CLOSE):
        yield fails("5.1", f"opcode {opcode} without a mask", frame(opcode, b"", mask=False), 1002)


def fragmentation() -> Iterator[Case]:
    a, b, c = (frame(TEXT, b"a", fin=False), frame(CONT, b"b", fin=False), frame(CONT, b"c"))
    ping, pong = frame(PING, b"!"), from_server(PONG, b"!")
    yield Case("5.4", "three fragments", a + b + c, ("abc",))
    yield Case(
        "5.4", "a PING between fragments is answered at once", a + ping + b + ping + c, ("abc",), pong * 2
    )
    yield Case("5.4", "only the last fragment holds text", frame(TEXT, fin=False) + c, ("c",))
    yield Case("5.4", "empty fragments", frame(TEXT, fin=False) + frame(CONT, fin=False) + frame(CONT), ("",))
    yield Case("5.4", "a message after a fragmented one", a + c + frame(TEXT, b"d"), ("ac", "d"))
    yield Case("5.4", "a hundred fragments", a + b * 98 + c, ("a" + "b" * 98 + "c",))
    yield fails("5.4", "continuation of nothing", frame(CONT, b"x"), 1002)
    yield fails("5.4", "unfinished continuation of nothing", frame(CONT, b"x", fin=False), 1002)
    yield fails("5.4", "continuation of a finished message", a + c + c, 1002, "ac")
    yield fails("5.4", "a new message within a message", a + frame(TEXT, b"d"), 1002)
    for opcode in (PING, PONG, CLOSE):
        yield fails("5.5", f"fragmented control frame {opcode}", frame(opcode, fin=False), 1002)
        yield fails("5.5", f"control frame {opcode} of 126 bytes", frame(opcode, b"x" * 126), 1002)


def pings() -> Iterator[Case]:
    for payload in (b"", b"hello", b"\x00\xff\xfe\xfd", b"\xfe" * 125):
        sends, hears = frame(PING, payload), from_server(PONG, payload)
        yield Case("5.5.3", f"PING of {len(payload)} bytes", sends, hears=hears)
    numbers = [str(number).encode() for number in range(10)]
    ten = b"".join(frame(PING, number) for number in numbers)
    answers = b"".join(from_server(PONG, number) for number in numbers)
    yield Case("5.5.3", "ten PINGs are answered in order", ten, hears=answers)
    yield Case("5.5.3", "an unsolicited PONG", frame(PONG, b"x") + frame(TEXT, b"a"), ("a",))


def closes() -> Iterator[Case]:
    yield Case("5.5.1", "without a code", frame(CLOSE), hears=from_server(CLOSE))
    allowed = (1000, 1001, 1002, 1003, *range(1007, 1015), 3000, 3999, 4000, 4999)
    for code in allowed:
        payload = closing(code)
        yield Case(
            "7.4.1", f"code {code} is echoed", frame(CLOSE, payload), hears=from_server(CLOSE, payload)
        )
    for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535):
        yield fails("7.4.1", f"code {code} is none to send", frame(CLOSE, closing(code)), 1002)
    for reason in (b"bye", "grüß 😀".encode(), b"x" * 123):
        payload = closing(1000, reason)
        hears = from_server(CLOSE, payload)
        yield Case("5.5.1", f"reason of {len(reason)} bytes", frame(CLOSE, payload), hears=hears)
    yield fails("5.5.1", "half a code", frame(CLOSE, b"\x03"), 1002)
    yield fails("5.5.1", "a reason that is not UTF-8", frame(CLOSE, closing(1000, b"\xce\xba\xed")), 1007)
    after = frame(CLOSE, closing(1000)) + frame(TEXT, b"late") + frame(PING) + frame(CLOSE)
    yield Case("5.5.1", "nothing after it counts", after, hears=from_server(CLOSE, closing(1000)))
    within = frame(TEXT, b"a", fin=False) + frame(CLOSE, closing(1000))
    yield Case("5.4", "close within a fragmented message", within, hears=from_server(CLOSE, closing(1000)))


def utf8() -> Iterator[Case]:
    for text in ("κόσμε", "\x00", "\ud7ff\ue000", "\ufffe\uffff", "\U0010ffff", "😀" * 100):
        encoded = text.encode()
        yield Case("8.1", f"text {text[:8]!a}", frame(TEXT, encoded), (text,))
        pieces = [frame(CONT, encoded[i : i + 1], fin=False) for i in range(len(encoded))]
        sends = frame(TEXT, fin=False) + b"".join(pieces) + frame(CONT)
        yield Case("8.1", f"text {text[:8]!a} in fragments of a byte", sends, (text,))
    invalid = {
        "a lone continuation byte": b"\x80",
        "a surrogate": b"\xed\xa0\x80",
        "an overlong slash": b"\xc0\xaf",
        "an overlong NUL of three bytes": b"\xe0\x80\x80",
        "above U+10FFFF": b"\xf4\x90\x80\x80",
        "five bytes": b"\xf8\x88\x80\x80\x80",
        "a character cut off": "κόσμε".encode()[:-1],
        "0xFE": b"\xfe",
    }
    for what, data in invalid.items():
        yield fails("8.1", what, frame(TEXT, b"good ") + frame(TEXT, b"bad " + data), 1007, "good ")
    split = frame(TEXT, b"\xf4", fin=False) + frame(CONT, b"\x90\x80\x80")
    yield fails("8.1", "above U+10FFFF, split over fragments", split, 1007)


CASES = [*framing(), *fragmentation(), *pings(), *closes(), *utf8()]


@pytest.mark.parametrize("piece", [1, 1 << 20], ids=["byte by byte", "in one piece"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.section} {case.what}")
def test_a_client_hears_what_the_rfc_says(case: Case, piece: int) -> None:
    """RT-60."""
    codec = WebSocketCodec(Unknowns(), lambda: False)
    messages: list[str] = []
    for start in range(0, len(case.sends), piece):
        messages += codec.receive(case.sends[start : start + piece])
    assert tuple(messages) == case.messages
    assert b"".join(codec.outgoing()) == case.hears
