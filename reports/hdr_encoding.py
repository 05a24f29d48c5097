"""HDR histograms as their libraries exchange them: encoding V2, compressed, in base64. Pure.

In classes of one unit below 2,048, and of 1,024 an octave above: three significant digits.
"""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
import numpy.typing as npt

DIGITS = 3
SUB_CLASSES = 1 << 10
"""In each octave; a class's place is SUB_CLASSES times its octave, and on from there."""

_COOKIE = 0x1C849303 | 0x10
_COMPRESSED_COOKIE = 0x1C849304 | 0x10
_GROUPS = np.arange(9)


def encoded(counts: npt.NDArray[np.int64], highest: int) -> str:
    """`counts` by class from the class of 0 on; `highest` is the largest value that can be counted."""
    payload = _zigzag_leb128(_with_runs(counts))
    head = struct.pack(">iiiiqqd", _COOKIE, len(payload), 0, DIGITS, 1, highest, 1.0)
    compressed = zlib.compress(head + payload)
    return base64.b64encode(struct.pack(">ii", _COMPRESSED_COOKIE, len(compressed)) + compressed).decode()


def highest_of(place: int) -> int:
    """The largest value of the class at that place."""
    octave, sub_class = divmod(place, SUB_CLASSES)
    if octave == 0:
        return sub_class
    return ((SUB_CLASSES + sub_class + 1) << (octave - 1)) - 1


def _with_runs(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The counts up to the last that is not 0; of zeros in a row their number, negative."""
    places = np.flatnonzero(counts)
    zeros = np.diff(places, prepend=-1) - 1
    # A zero that stands alone is itself.
    words = np.column_stack([np.where(zeros == 1, 0, -zeros), counts[places]])
    told = np.column_stack([zeros > 0, np.ones(len(places), np.bool_)])
    found: npt.NDArray[np.int64] = words[told]
    return found


def _zigzag_leb128(words: npt.NDArray[np.int64]) -> bytes:
    """Seven bits a byte, the least first; its eighth says that more follow. Words are below 2^56."""
    zigzag = (words << 1) ^ (words >> 63)
    groups = (zigzag[:, None] >> (7 * _GROUPS)) & 0x7F
    length = np.maximum(1, ((zigzag[:, None] >> (7 * _GROUPS)) > 0).sum(axis=1))[:, None]
    groups |= np.where(length - 1 > _GROUPS, 0x80, 0)
    written = groups[length > _GROUPS].astype(np.uint8)
    return bytes(written)
