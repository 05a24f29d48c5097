"""Which rows a run has put into a table and not taken away again, in a file of the run folder.

A line is written before its row is put there, and the file goes with the last row: where a run is killed,
the file that stays says what `python -m conformance clean` may delete. It holds keys and connection ids,
nothing else of the rows.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reports.decoding import DecodingError, decode

from .access import TableAccess
from .errors import UsageError
from .rows import Row

LEDGER = "planted.jsonl"


@dataclass(frozen=True, slots=True)
class PlantedRow:
    """What it takes to delete a row, if it still belongs to that connection."""

    table: str
    region: str
    endpoint: str | None
    connection_id: str
    attributes: Mapping[str, Any]
    """The key attributes and the one that holds the id, as DynamoDB's own JSON."""

    @property
    def access(self) -> TableAccess:
        return TableAccess(self.table, self.region, endpoint=self.endpoint)

    @property
    def row(self) -> Row:
        return Row(self.attributes, self.connection_id)


class PlantingLedger:
    """Writes the file of one run."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LEDGER

    def add(self, access: TableAccess, row: Row, attributes: Sequence[str]) -> None:
        """Write down, to the disk, that the row is about to be put there. Raises OSError."""
        kept = {name: dict(row.item[name]) for name in attributes}
        planted = PlantedRow(access.name, access.region, access.endpoint, row.connection_id, kept)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(planted)) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def close(self) -> None:
        """Every row has been taken away. Raises OSError."""
        self._path.unlink(missing_ok=True)


def rows_left_by(folder: Path) -> list[PlantedRow]:
    """What the run in that folder has planted and not taken away; empty where it ended as it should.

    A last line that was cut off names a row that was never put there. Raises UsageError for a folder or
    a file that cannot be read.
    """
    try:
        lines = (folder / LEDGER).read_text(encoding="utf-8").split("\n")[:-1]
        return [decode(PlantedRow, json.loads(line)) for line in lines]
    except FileNotFoundError:
        return []
    except (OSError, DecodingError, ValueError) as error:
        raise UsageError(f"cannot read {folder / LEDGER}: {error}") from error
