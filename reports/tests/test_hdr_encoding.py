"""HDR histograms as bytes. What the format's first library writes stands here as it wrote it."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
import numpy.typing as npt

from reports.hdr_encoding import encoded, highest_of
from reports.latency_counts import MOST_NS, LatencyCounts

LIBRARY_WRITES = (
    "1c849313000000140000000000000003000000000000000100000400000000003ff0000000000000"
    "ff0f0200028001ffb20106cd17c09a0ca5a50202"
)
"""HdrHistogram 2.2.2 for Java: `new Histogram(1, 1L << 42, 3)` with these values, `encodeIntoByteBuffer`."""
VALUES = [1024, 1026, *[1027] * 64, *[2_500_000] * 3, *[7_000_000] * 100_000, 1 << 41]


def counted() -> npt.NDArray[np.int64]:
    found = LatencyCounts(1)
    found.add(np.zeros(len(VALUES), np.int64), np.array(VALUES))
    return found.hdr_counts(0)


def test_it_writes_the_bytes_that_the_library_writes() -> None:
    compressed = base64.b64decode(encoded(counted(), MOST_NS))
    assert zlib.decompress(compressed[8:]).hex() == LIBRARY_WRITES


def test_what_is_compressed_says_so_and_how_long_it_is() -> None:
    text = encoded(counted(), MOST_NS)
    assert text.startswith("HISTFAAAA"), "by which people know an HDR histogram"
    assert struct.unpack(">ii", base64.b64decode(text)[:8]) == (0x1C849314, len(base64.b64decode(text)) - 8)


def test_a_class_ends_where_the_library_says_that_it_ends() -> None:
    assert highest_of(int(np.flatnonzero(counted())[-1])) == 2_201_170_739_199
    assert [highest_of(place) for place in (0, 1023, 1024, 2047, 2048, 3071)] == [
        0,
        1023,
        1024,
        2047,
        2049,
        4095,
    ]


def test_an_empty_histogram_has_a_head_and_no_counts() -> None:
    compressed = base64.b64decode(encoded(np.zeros(0, np.int64), MOST_NS))
    assert len(zlib.decompress(compressed[8:])) == len(LIBRARY_WRITES) // 2 - 0x14
