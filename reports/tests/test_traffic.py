from __future__ import annotations

from pathlib import Path

import pytest

from reports.billing import Traffic
from reports.history import (
    ConnectEnded,
    ConnectStarted,
    FrameReceived,
    LeaveStarted,
    Left,
    RowObserved,
    RowPlanted,
    SendEnded,
    SendStarted,
)
from reports.history_reader import read_history
from reports.history_writer import HistoryWriter
from reports.traffic import traffic_of, with_invocations

MINUTE = 60 * 10**9


@pytest.fixture
def traffic(tmp_path: Path) -> Traffic:
    """Two connections: one open for a minute, one from then on for two; 100 bytes, then 40,000, are said."""
    with_start = 5 * MINUTE
    writer = HistoryWriter(tmp_path)
    for number, start in ((0, with_start), (1, with_start + MINUTE)):
        writer.write(ConnectStarted(start, number, "stayer"))
        writer.write(ConnectEnded(start, number, "ok", 101))
        for message, size in ((2 * number, 100), (2 * number + 1, 40_000)):
            writer.write(SendStarted(start + 1, message, number, start + 1, "churn/main", size, "x"))
            writer.write(SendEnded(start + 2, message, "ok"))
            writer.delivered(start + 3, message, number)
    writer.write(LeaveStarted(with_start + MINUTE, 0, "close"))
    writer.write(Left(with_start + MINUTE, 0, 1000))
    writer.write(SendStarted(with_start + 1, 9, 1, with_start + 1, "mischief/no-json", 1, "{"))
    writer.write(FrameReceived(with_start + 2, 1, 33_000, "error"))
    writer.write(FrameReceived(with_start + 2, 1, 99, "a damaged copy", corrupt_of=0))
    writer.write(RowObserved(with_start, with_start, "id", present=True))
    writer.write(RowPlanted(with_start + 3 * MINUTE, "id", "gone"))
    writer.close()
    return traffic_of(read_history(tmp_path))


def test_messages_are_counted_in_units_of_32_kb_both_ways(traffic: Traffic) -> None:
    assert (traffic.messages_in, traffic.units_in) == (5, 7)
    assert (traffic.messages_out, traffic.units_out) == (5, 8)
    assert traffic.bytes_out == 2 * 40_100 + 33_000


def test_a_connection_that_is_still_open_counts_until_the_end(traffic: Traffic) -> None:
    assert traffic.connection_minutes == pytest.approx(1 + 2)
    assert (traffic.connects, traffic.leaves) == (2, 1)


def test_mischief_is_no_broadcast(traffic: Traffic) -> None:
    assert traffic.broadcasts == 4
    assert traffic.open_at_broadcast == 1.0


def test_the_tables_readings_and_plantings_are_the_harness_s_own(traffic: Traffic) -> None:
    assert (traffic.table_reads, traffic.table_writes) == (1, 1)


def test_without_a_log_nothing_is_known_of_invocations(traffic: Traffic) -> None:
    assert with_invocations(traffic, ["starting 3 functions\n"]).lambda_requests is None


def test_the_log_of_a_local_stack_tells_invocations_each_rounded_up() -> None:
    found = with_invocations(
        Traffic(),
        [
            "[Connect] INIT Duration: 519.13 ms\n",
            "[Connect f6f7de32] REPORT RequestId: f6f7de32-d663  Duration: 11.25 ms\n",
            '[Send 083b1292] {"say": "REPORT RequestId: x  Duration: 9.00 ms"}\n',
            "[Send 083b1292] REPORT RequestId: 083b1292-c60c  Duration: 37.00 ms Status: timeout\n",
        ],
    )
    assert (found.lambda_requests, found.lambda_billed_ms) == (2, 520 + 12 + 37)
