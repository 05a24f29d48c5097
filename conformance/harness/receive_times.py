"""When a delivery came: as the kernel noted it, or as late as it was read.

A process that reads late must not report the server slow. Linux notes the arrival of each segment
(SO_TIMESTAMPNS, socket(7)) by the system's clock; what this project records is the monotonic one, so
the difference between the two is measured again for every batch.
"""

from __future__ import annotations

import struct
import sys
import time
from collections.abc import Sequence
from typing import Literal, TypeAlias, cast

import numpy as np
import numpy.typing as npt

ReceiveTimes: TypeAlias = Literal["kernel", "read"]

Stamp: TypeAlias = int | bytes
"""When bytes came: the monotonic time of the read, or what the kernel tells (seconds and nanoseconds)."""

SO_TIMESTAMPNS = 35
"""By its value: Python has no name for it."""
ANCILLARY_BYTES = 64
KERNEL_TIMES = sys.platform == "linux" and struct.calcsize("P") == 8
"""Whether the kernel of this system can be asked; its answer is two 64-bit numbers then."""

_STAMP = struct.Struct("=qq")
_READ = -1
_ATTEMPTS = 3


def read_at(now_ns: int) -> bytes:
    """The stamp of bytes of which the kernel told no time, among others of which it did."""
    return _STAMP.pack(now_ns, _READ)


def times_of(stamps: Sequence[Stamp], ahead_ns: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Monotonic times of these stamps, which are all of one type, and which times are the kernel's.

    `ahead_ns` is what `system_clock_ahead_ns` returns.
    """
    if not stamps or isinstance(stamps[0], int):
        return np.array(stamps, np.int64), np.zeros(len(stamps), np.bool_)
    seconds, rest = np.frombuffer(b"".join(cast("Sequence[bytes]", stamps)), "=i8").reshape(-1, 2).T
    from_kernel = rest != _READ
    return np.where(from_kernel, seconds * 1_000_000_000 + rest - ahead_ns, seconds), from_kernel


def time_of(stamp: Stamp, ahead_ns: int) -> int:
    """The same of one stamp."""
    if isinstance(stamp, int):
        return stamp
    seconds, rest = _STAMP.unpack(stamp)
    return int(seconds if rest == _READ else seconds * 1_000_000_000 + rest - ahead_ns)


def system_clock_ahead_ns() -> int:
    """How far the system's clock is ahead of the monotonic one: the best of a few looks at both."""
    looks = []
    for _ in range(_ATTEMPTS):
        before, system, after = time.monotonic_ns(), time.time_ns(), time.monotonic_ns()
        looks.append((after - before, system - (before + after) // 2))
    return min(looks)[1]
