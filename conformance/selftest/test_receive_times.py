"""Kernel times, read times, and the two clocks."""

from __future__ import annotations

import socket
import struct
import time

import pytest

from conformance.harness.receive_times import (
    ANCILLARY_BYTES,
    KERNEL_TIMES,
    SO_TIMESTAMPNS,
    read_at,
    system_clock_ahead_ns,
    time_of,
    times_of,
)


def kernel_stamp(system_ns: int) -> bytes:
    return struct.pack("=qq", *divmod(system_ns, 1_000_000_000))


def test_a_kernel_stamp_is_moved_to_the_monotonic_clock() -> None:
    at_ns, from_kernel = times_of(
        [kernel_stamp(1_700_000_000_123_456_789)], ahead_ns=1_700_000_000_000_000_000
    )
    assert (at_ns.tolist(), from_kernel.tolist()) == ([123_456_789], [True])


def test_a_read_among_kernel_stamps_keeps_its_time() -> None:
    at_ns, from_kernel = times_of([read_at(7), kernel_stamp(1_000_000_005)], ahead_ns=1_000_000_000)
    assert (at_ns.tolist(), from_kernel.tolist()) == ([7, 5], [False, True])


def test_the_time_of_one_stamp_is_that_of_many() -> None:
    stamps = (read_at(7), kernel_stamp(1_000_000_005))
    assert [time_of(stamp, 1_000_000_000) for stamp in stamps] == [7, 5]
    assert time_of(7, 1_000_000_000) == 7


def test_times_of_reads_alone_are_taken_as_they_are() -> None:
    at_ns, from_kernel = times_of([3, 4], ahead_ns=1_000_000_000)
    assert (at_ns.tolist(), from_kernel.tolist()) == ([3, 4], [False, False])


@pytest.mark.skipif(not KERNEL_TIMES, reason="this system's kernel cannot be asked")
def test_the_kernel_tells_when_bytes_came_and_not_when_they_were_read() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        reading = socket.create_connection(listener.getsockname()[:2])
        writing, _ = listener.accept()
    with reading, writing:
        reading.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        _stamp_of_next(reading, writing)  # the kernel may begin to note times a little later
        before_ns = time.monotonic_ns()
        writing.send(b"x")
        sent_ns = time.monotonic_ns()
        reading.recv(1, socket.MSG_PEEK)
        while time.monotonic_ns() < sent_ns + 20_000_000:
            pass  # read late
        _, ((_, _, stamp),), _, _ = reading.recvmsg(1, ANCILLARY_BYTES)
        (at_ns,), _ = times_of([stamp], system_clock_ahead_ns())
    assert before_ns - 10_000_000 < at_ns < sent_ns + 10_000_000


def _stamp_of_next(reading: socket.socket, writing: socket.socket) -> None:
    while True:
        writing.send(b"x")
        if reading.recvmsg(1, ANCILLARY_BYTES)[1]:
            return
