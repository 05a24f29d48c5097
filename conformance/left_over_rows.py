"""Deletes what a run has put into a table and, because it was killed, could not take away itself."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from conformance.harness.errors import UsageError
from conformance.harness.planting_ledger import PlantingLedger, rows_left_by
from conformance.harness.table import ConnectionTable
from reports.run_folder import is_run_folder


def delete_left_over_rows(folder: Path) -> list[str]:
    """Delete them, each only if it still belongs to the connection that it was planted for.

    Returns what was done, in sentences. The credentials are those that the AWS command line would use.
    Raises UsageError and HarnessError; what is left then can be deleted by another call.
    """
    if not is_run_folder(folder):
        raise UsageError(f"{folder} is no run folder: it holds no history of a run")
    done = []
    for access, rows in groupby(rows_left_by(folder), key=lambda planted: planted.access):
        with ConnectionTable(access, None) as table:
            removed = [table.remove(planted.row) for planted in rows]
        done.append(
            f"table {access.name} ({access.endpoint or access.region}): removed {sum(removed)} of "
            f"{len(removed)} planted rows; the others were not there"
        )
    PlantingLedger(folder).close()
    return done or [f"{folder}: the run has left no planted rows"]
