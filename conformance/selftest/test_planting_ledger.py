from __future__ import annotations

from pathlib import Path

import pytest

from conformance.harness.access import TableAccess
from conformance.harness.errors import UsageError
from conformance.harness.planting_ledger import LEDGER, PlantedRow, PlantingLedger, rows_left_by
from conformance.harness.rows import Row

ACCESS = TableAccess("connections", "eu-west-1", endpoint="http://127.0.0.1:1")
GONE = "HQI-u_DToAMCAKw="
ROW = Row({"user": {"S": "u1"}, "socket": {"S": GONE}, "secret": {"S": "of the application"}}, GONE)


def test_a_row_is_written_down_by_what_it_takes_to_delete_it(tmp_path: Path) -> None:
    PlantingLedger(tmp_path).add(ACCESS, ROW, ["user", "socket"])
    (planted,) = rows_left_by(tmp_path)
    assert planted.access == ACCESS
    assert planted.row == Row({"user": {"S": "u1"}, "socket": {"S": GONE}}, GONE)
    assert "of the application" not in (tmp_path / LEDGER).read_text()


def test_a_run_that_took_everything_away_has_left_nothing(tmp_path: Path) -> None:
    ledger = PlantingLedger(tmp_path)
    ledger.add(ACCESS, ROW, ["user", "socket"])
    ledger.close()
    assert rows_left_by(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_line_that_was_cut_off_names_a_row_that_was_never_put_there(tmp_path: Path) -> None:
    PlantingLedger(tmp_path).add(ACCESS, ROW, ["user", "socket"])
    with (tmp_path / LEDGER).open("a") as file:
        file.write('{"table": "conn')
    assert [type(planted) for planted in rows_left_by(tmp_path)] == [PlantedRow]


@pytest.mark.parametrize("line", ["no JSON\n", '{"table": 1}\n'])
def test_a_damaged_file_is_told(tmp_path: Path, line: str) -> None:
    (tmp_path / LEDGER).write_text(line)
    with pytest.raises(UsageError, match="cannot read"):
        rows_left_by(tmp_path)
