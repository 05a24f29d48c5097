"""What workers on other hosts have recorded, as it comes to the master."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadtests._far_record import Piece
from loadtests._received_records import ReceivedRecords


def test_pieces_become_the_workers_files_in_the_run_folder(tmp_path: Path) -> None:
    records = ReceivedRecords(tmp_path)
    lengths = [records.take(Piece(2, "jsonl", at, data)) for at, data in ((0, b"first\n"), (6, b"second\n"))]
    records.close()
    assert lengths == [6, 13]
    assert (tmp_path / "history.2.jsonl").read_bytes() == b"first\nsecond\n"


def test_a_piece_that_came_before_is_not_taken_twice(tmp_path: Path) -> None:
    records = ReceivedRecords(tmp_path)
    lengths = [records.take(Piece(2, "deliveries", 0, b"24 bytes")) for _ in range(2)]
    records.close()
    assert lengths == [8, 8]


def test_a_piece_after_a_gap_is_not_taken(tmp_path: Path) -> None:
    records = ReceivedRecords(tmp_path)
    assert records.take(Piece(2, "jsonl", 100, b"later")) == 0
    records.close()


def test_no_other_file_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no file of a history"):
        ReceivedRecords(tmp_path).take(Piece(2, "../elsewhere", 0, b""))
    assert not list(tmp_path.iterdir())
