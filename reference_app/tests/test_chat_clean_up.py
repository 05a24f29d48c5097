from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import EndpointConnectionError

from reference_app.chat.chatapp.clean_up import remove_gone
from reference_app.chat.chatapp.connection_row import ConnectionRow
from reference_app.chat.chatapp.connection_table import ConnectionTable
from reference_app.chat.chatapp.time_budget import budget_of
from reference_app.tests.chat_backend import empty_table, items_of

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator


@pytest.fixture
def table() -> Iterator[ConnectionTable]:
    with empty_table() as table:
        yield table


class FailsForA(ConnectionTable):
    def remove_unchanged(self, row: ConnectionRow) -> bool:
        if row.connection_id == "a":
            raise EndpointConnectionError(endpoint_url="https://dynamodb.example")
        return super().remove_unchanged(row)


def remove(rows: list[ConnectionRow], table: ConnectionTable, seconds: float = 60.0) -> Counter[str]:
    with ThreadPoolExecutor(4) as pool:
        return remove_gone(rows, table, pool, budget_of(seconds))


def test_the_rows_of_gone_connections_are_removed_and_no_others(table: ConnectionTable) -> None:
    for connection_id in ("a", "b", "c"):
        table.add(connection_id, 1000)
    assert remove([ConnectionRow("a", 1000), ConnectionRow("b", 1000)], table) == {"removed": 2}
    assert set(items_of(table)) == {"c"}


def test_a_row_that_was_written_anew_stays(table: ConnectionTable) -> None:
    table.add("a", 2000)
    assert remove([ConnectionRow("a", 1000)], table) == {"changed": 1}
    assert set(items_of(table)) == {"a"}


def test_a_failing_removal_is_logged_and_leaves_the_others_alone(
    table: ConnectionTable, capsys: pytest.CaptureFixture[str]
) -> None:
    table.add("b", 1000)
    fails_for_a = FailsForA(table.client, table.name)
    assert remove([ConnectionRow("a", 1000), ConnectionRow("b", 1000)], fails_for_a) == {
        "failed": 1,
        "removed": 1,
    }
    assert '"event": "row_not_removed"' in capsys.readouterr().out


def test_nothing_is_removed_without_the_time_for_it(table: ConnectionTable) -> None:
    table.add("a", 1000)
    assert remove([ConnectionRow("a", 1000)], table, seconds=1.0) == {"out-of-time": 1}
    assert set(items_of(table)) == {"a"}
