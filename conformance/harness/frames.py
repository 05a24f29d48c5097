"""WebSocket frames as bytes: what the server sent, taken apart in batches; what a client sends, built.

RFC 6455 section 5. No sockets: bytes in, messages out. Text is handed over as bytes, so that the
copies of a broadcast, which are identical, need not be decoded one by one; the receiver of the
message checks its UTF-8 (section 8.1).
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import NamedTuple

MAX_MESSAGE = 16 << 20
"""Bytes; a longer message is a protocol error. API Gateway's own limit is 128 KB (LM-5)."""

_FIN = 0x80
_RESERVED = 0x70
_MASKED = 0x80
_MAX_CONTROL = 125


class Opcode(IntEnum):
    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


class Message(NamedTuple):
    """A whole message, or a control frame."""

    opcode: int
    data: bytes


class ProtocolError(Exception):
    """The server broke RFC 6455; `code` is the close code for it (section 7.4.1).

    `before` holds the messages that came whole before the violation.
    """

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.before: list[Message] = []

    def __str__(self) -> str:
        return f"{self.detail} (close code {self.code})"


class FrameParser:
    """Takes the bytes of one server apart, however they are cut."""

    __slots__ = ("_fragments", "_opcode", "_pending", "_size")

    def __init__(self) -> None:
        self._pending = bytearray()
        self._fragments: list[bytes] = []
        self._opcode = 0
        self._size = 0

    @property
    def idle(self) -> bool:
        """True between messages: the next bytes begin one."""
        return not self._pending and not self._opcode

    def feed(self, data: bytes) -> list[Message]:
        """The messages that these bytes complete. Raises ProtocolError; the parser is then spent."""
        if self._pending:
            self._pending += data
            data = bytes(self._pending)
            self._pending.clear()
        messages: list[Message] = []
        try:
            position = self._parse(data, messages)
        except ProtocolError as error:
            error.before = messages
            raise
        if position < len(data):
            self._pending += memoryview(data)[position:]
        return messages

    def _parse(self, data: bytes, messages: list[Message]) -> int:
        """Append the whole messages to `messages`; return where the first incomplete frame begins."""
        position, end = 0, len(data)
        while end - position >= 2:
            first, length = data[position], data[position + 1]
            start = position + 2
            if length >= 126:
                start = position + (4 if length == 126 else 10)
                if length <= 127 and start > end:
                    break
                length = self._long_length(data, position, length)
            if length > MAX_MESSAGE:
                raise ProtocolError(1009, f"a frame of {length} bytes")
            stop = start + length
            if first != 0x81:
                self._check(first, length)
            if stop > end:
                break
            payload = data[start:stop]
            if first == 0x81 and not self._opcode:  # FIN and TEXT: nearly every frame
                messages.append(Message(1, payload))
            else:
                self._take(first, payload, messages)
            position = stop
        return position

    def _long_length(self, data: bytes, position: int, marker: int) -> int:
        if marker & _MASKED:
            raise ProtocolError(1002, "a masked frame from the server")
        if marker == 126:
            length: int = struct.unpack_from(">H", data, position + 2)[0]
            least = 126
        else:
            length = struct.unpack_from(">Q", data, position + 2)[0]
            least = 1 << 16
        if length < least:
            raise ProtocolError(1002, f"a length of {length} in more bytes than it needs")
        return length

    def _check(self, first: int, length: int) -> None:
        """What can be refused before the payload is there."""
        if first & _RESERVED:
            raise ProtocolError(1002, "reserved bits are set though no extension was agreed on")
        opcode = first & 0x0F
        if opcode not in Opcode._value2member_map_:
            raise ProtocolError(1002, f"unknown opcode {opcode:#x}")
        if opcode >= Opcode.CLOSE and (not first & _FIN or length > _MAX_CONTROL):
            raise ProtocolError(1002, "a fragmented or long control frame")

    def _take(self, first: int, payload: bytes, messages: list[Message]) -> None:
        opcode = first & 0x0F
        if opcode >= Opcode.CLOSE:
            messages.append(Message(opcode, payload))
            return
        if (opcode == Opcode.CONTINUATION) != bool(self._opcode):
            detail = "a new message inside a fragmented one" if opcode else "a continuation of nothing"
            raise ProtocolError(1002, detail)
        self._opcode = self._opcode or opcode
        self._size += len(payload)
        if self._size > MAX_MESSAGE:
            raise ProtocolError(1009, f"a message of more than {MAX_MESSAGE} bytes")
        self._fragments.append(payload)
        if first & _FIN:
            messages.append(Message(self._opcode, b"".join(self._fragments)))
            self._fragments, self._opcode, self._size = [], 0, 0


def encode_frame(opcode: int, payload: bytes, mask: bytes, *, fin: bool = True) -> bytes:
    """A client's frame: masked with `mask`, four unpredictable bytes (section 5.3)."""
    first = (_FIN if fin else 0) | opcode
    size = len(payload)
    if size < 126:
        head = struct.pack(">BB", first, _MASKED | size)
    elif size < 1 << 16:
        head = struct.pack(">BBH", first, _MASKED | 126, size)
    else:
        head = struct.pack(">BBQ", first, _MASKED | 127, size)
    return head + mask + _masked(payload, mask)


def _masked(payload: bytes, mask: bytes) -> bytes:
    # One XOR of two long integers is the fastest way that pure Python has.
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")


def close_payload(code: int, reason: str = "") -> bytes:
    """The body of a close frame; the reason is cut to what a control frame holds (section 5.5)."""
    text = reason.encode("utf-8", "replace")[: _MAX_CONTROL - 2]
    return struct.pack(">H", code) + text.decode("utf-8", "ignore").encode()


def parse_close(payload: bytes) -> tuple[int | None, str]:
    """Code and reason of a received close frame; the code is None where it carries none (1005)."""
    if len(payload) < 2:
        return None, ""
    return int.from_bytes(payload[:2], "big"), payload[2:].decode("utf-8", "replace")
