"""Reads in columns, and rows made of them."""

from __future__ import annotations

import struct

from conformance.harness.heard import Heard
from conformance.harness.receive_times import Stamp, read_at
from reports.history import EXACT, KERNEL_TIME


def heard(*reads: tuple[Stamp, tuple[int, ...], int]) -> Heard:
    gathered = Heard()
    for stamp, messages, connection in reads:
        gathered.stamps.append(stamp)
        gathered.messages.append(messages)
        gathered.connections.append(connection)
    return gathered


def test_each_delivery_is_a_row_in_the_order_of_the_reads() -> None:
    rows = heard((10, (5,), 1), (20, (5, 6), 2)).rows(0)
    assert rows.tolist() == [(10, 5, 1, EXACT), (20, 5, 2, EXACT), (20, 6, 2, EXACT)]


def test_a_read_that_delivers_nothing_is_no_row() -> None:
    rows = heard((read_at(10), (), 1), (read_at(20), (6,), 2)).rows(0)
    assert rows.tolist() == [(20, 6, 2, EXACT)]


def test_of_messages_read_together_only_the_last_has_a_time_of_the_kernel() -> None:
    rows = heard((struct.pack("=qq", 1, 7), (5, 6), 1)).rows(1_000_000_000)
    assert rows.tolist() == [(7, 5, 1, EXACT), (7, 6, 1, KERNEL_TIME)]


def test_of_reads_of_one_connection_with_the_same_time_only_the_last_has_it_from_the_kernel() -> None:
    stamp = struct.pack("=qq", 1, 7)
    rows = heard((stamp, (5,), 1), (stamp, (5,), 2), (stamp, (6,), 1)).rows(1_000_000_000)
    assert rows["flags"].tolist() == [EXACT, KERNEL_TIME, KERNEL_TIME]


def test_large_message_numbers_of_workers_are_kept() -> None:
    assert heard((10, ((1 << 63) + 5,), 1)).rows(0)["message"].tolist() == [(1 << 63) + 5]


def test_so_many_reads_were_heard() -> None:
    assert len(heard((10, (5, 6), 1), (20, (5,), 2))) == 2
