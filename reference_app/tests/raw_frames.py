"""Frames as clients send them, right or wrong (RFC 6455 section 5.2)."""

from __future__ import annotations

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
MASK = b"\x12\x34\x56\x78"


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, reserved: int = 0, mask: bool = True
) -> bytes:
    """One frame as a client sends it, right or wrong."""
    size = len(payload)
    assert size < 1 << 16
    length = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2)
    first = (0x80 if fin else 0) | reserved << 4 | opcode
    if not mask:
        return bytes([first]) + length + payload
    masked = bytes(byte ^ MASK[index % 4] for index, byte in enumerate(payload))
    return bytes([first, length[0] | 0x80]) + length[1:] + MASK + masked
