"""Removing the rows of connections that are gone, once everybody has heard the message."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from .connection_table import CALL_LIMIT_S
from .structured_log import log_event

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Executor

    from .connection_row import ConnectionRow
    from .connection_table import ConnectionTable
    from .time_budget import TimeBudget


def remove_gone(
    gone: Iterable[ConnectionRow], table: ConnectionTable, pool: Executor, budget: TimeBudget
) -> Counter[str]:
    """Remove these rows as far as the time goes; count them by what became of each.

    A row that stays, for whatever reason, is met again by the next broadcast.
    """
    return Counter(pool.map(partial(_remove, table=table, budget=budget), gone))


def _remove(row: ConnectionRow, table: ConnectionTable, budget: TimeBudget) -> str:
    if budget.remaining() < CALL_LIMIT_S:
        return "out-of-time"
    try:
        return "removed" if table.remove_unchanged(row) else "changed"
    except (ClientError, BotoCoreError) as error:
        log_event("ERROR", "row_not_removed", connectionId=row.connection_id, error=str(error))
        return "failed"
