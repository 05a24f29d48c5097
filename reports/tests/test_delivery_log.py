"""The deliveries of a run, in pieces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reports.delivery_log import DeliveryFile, DeliveryLog, DeliveryRows, Spans
from reports.history import DELIVERY, KERNEL_TIME, Deliveries, message_id


def rows(*heard: tuple[int, int], flags: int = 0) -> Deliveries:
    """(message, connection) of each, a nanosecond apart."""
    return np.array([(at_ns, *pair, flags) for at_ns, pair in enumerate(heard, 1)], DELIVERY)


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.delivery_log._PIECE", 4)


@pytest.fixture
def files(tmp_path: Path, small_pieces: None) -> DeliveryLog:
    """Ten messages in a row, heard by two connections of each of two processes; one comes twice."""
    both = [(message, connection) for message in range(10) for connection in (0, 1)]
    rows(*both, (3, 1)).tofile(tmp_path / "0")
    rows(*both).tofile(tmp_path / "1")
    return DeliveryLog([DeliveryFile(tmp_path / "0"), DeliveryFile(tmp_path / "1", base=2)])


def test_the_deliveries_of_a_message_are_found_in_every_file(files: DeliveryLog) -> None:
    assert files.of(3)["connection"].tolist() == [0, 1, 1, 2, 3]
    assert files.of(99).tolist() == []


def test_only_the_pieces_that_tell_of_a_message_are_read(
    files: DeliveryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.delivery_log._GAP", 1)
    found = [sorted(set(piece["message"].tolist())) for piece in files.telling_of(np.array([8], np.uint64))]
    assert found == [[8, 9], [8, 9]]


def test_messages_that_were_heard_are_counted(files: DeliveryLog) -> None:
    assert files.messages.tolist() == list(range(10))
    assert files.copies.tolist() == [4, 4, 4, 5, 4, 4, 4, 4, 4, 4]
    assert len(files) == 41


def test_pieces_are_all_there_is(files: DeliveryLog) -> None:
    assert [len(piece) for piece in files] == [4] * 5 + [1] + [4] * 5
    assert files.whole()["connection"].tolist() == [0, 1] * 10 + [1] + [2, 3] * 10
    assert files.last_ns == 21


def test_a_file_that_is_not_there_or_ends_within_a_record_is_as_long_as_its_whole_records(
    tmp_path: Path,
) -> None:
    (tmp_path / "cut").write_bytes(rows((1, 0), (2, 0)).tobytes()[:-1])
    assert len(DeliveryLog([DeliveryFile(tmp_path / "none"), DeliveryFile(tmp_path / "cut")])) == 1


def test_times_of_the_kernel_are_counted() -> None:
    log = DeliveryLog([DeliveryRows(rows((1, 0), (1, 1), flags=KERNEL_TIME)), DeliveryRows(rows((2, 0)))])
    assert log.kernel_timed == 2


def test_without_any_there_is_nothing_to_tell() -> None:
    log = DeliveryLog()
    assert (len(log), log.last_ns, log.kernel_timed, len(log.whole())) == (0, 0, 0, 0)
    assert list(log.telling_of(np.array([1], np.uint64))) == []


def test_spans_part_where_the_gap_is_wide() -> None:
    ids = [1, 2, 60, message_id(1, 0), message_id(1, 5)]
    spans = Spans.of(np.array(ids, np.uint64))
    assert spans.low.tolist() == [1, message_id(1, 0)]
    assert spans.high.tolist() == [60, message_id(1, 5)]
    assert len(Spans.of(np.zeros(0, np.uint64)).low) == 0
