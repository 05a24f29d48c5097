"""Ids in the shape that API Gateway gives them (EV-50 to EV-56)."""

from __future__ import annotations

import re
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from secrets import token_bytes
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_TICK_MS = 25
_TICK_ORIGIN = 461049840
_WELL_FORMED = re.compile(r"[A-Za-f][A-Za-z0-9_-]{13}[AQgw]=")
_CONNECTION_KIND = 0b11
_REQUEST_KIND = 0b01
_CONNECTION_MARK = 0x02
_REQUEST_MARK = 0x05
# EV-54: fixed per service cell; one captured cell for each region that has a capture.
_CELLS = {
    "us-east-1": 0x2003,
    "us-west-2": 0x3C77,
    "eu-west-1": 0x0E81,
    "ap-northeast-1": 0x3633,
    "ap-southeast-2": 0x4B03,
    "eu-central-1": 0x1620,
}


def is_well_formed(connection_id: str) -> bool:
    """Tell an id that could have been issued (EV-50) from one that is answered with 400 (MG-14, MG-22)."""
    return _WELL_FORMED.fullmatch(connection_id) is not None


def tick(epoch_ms: int) -> int:
    """Return the 31-bit time counter that the first four bytes hold (EV-51)."""
    return (epoch_ms // _TICK_MS - _TICK_ORIGIN) % 2**31


def cell(region: str) -> int:
    """Return the 15 bits that are fixed per service cell (EV-54); made up for a region without a capture."""
    return _CELLS.get(region, zlib.crc32(region.encode())) & 0x7FFF


class IdSource:
    """Issues ids of one region.

    The 15 bits that no fact explains are a rolling sequence, so that two ids of one 25 ms tick differ without
    relying on luck; the two last bytes come from `entropy`, which returns that many random bytes.
    """

    def __init__(self, region: str, entropy: Callable[[int], bytes] = token_bytes) -> None:
        self._cell = cell(region)
        self._entropy = entropy
        self._sequence = int.from_bytes(entropy(2)) & 0x7FFF

    def connection_id(self, epoch_ms: int) -> str:
        return self._issue(epoch_ms, _CONNECTION_KIND, bytes([_CONNECTION_MARK]) + self._tail())

    def request_id(self, epoch_ms: int) -> str:
        return self._issue(epoch_ms, _REQUEST_KIND, bytes([_REQUEST_MARK]) + self._tail())

    def message_id(self, epoch_ms: int, connection_id: str) -> str:
        """Return a message id; it repeats the last three bytes of its connection's id (EV-55)."""
        return self._issue(epoch_ms, _CONNECTION_KIND, urlsafe_b64decode(connection_id)[8:])

    def uuid(self) -> str:
        """Return a random UUID, as `x-amzn-requestid` is (EV-56)."""
        digits = self._entropy(16).hex()
        variant = "89ab"[int(digits[16], 16) & 3]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"

    def trace_id(self, epoch_ms: int) -> str:
        """Return the X-Ray root that `x-amzn-trace-id` carries."""
        return f"Root=1-{epoch_ms // 1000:08x}-{self._entropy(12).hex()}"

    def _issue(self, epoch_ms: int, kind: int, tail: bytes) -> str:
        self._sequence = (self._sequence + 1) & 0x7FFF
        head = tick(epoch_ms) << 32 | kind << 30 | self._sequence << 15 | self._cell
        return urlsafe_b64encode(head.to_bytes(8) + tail).decode("ascii")

    def _tail(self) -> bytes:
        first, last = self._entropy(2)
        return bytes([first, last & 0xFC])
