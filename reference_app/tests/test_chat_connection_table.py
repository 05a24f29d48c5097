from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from moto.dynamodb.models import table as moto_table

from reference_app.chat.chatapp.connection_row import ConnectionRow
from reference_app.tests.chat_backend import empty_table, items_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_app.chat.chatapp.connection_table import ConnectionTable


@pytest.fixture
def table() -> Iterator[ConnectionTable]:
    with empty_table() as table:
        yield table


def test_an_added_connection_is_among_the_rows(table: ConnectionTable) -> None:
    table.add("a", 1000)
    assert list(table.rows()) == [ConnectionRow("a", 1000)]


def test_a_removed_connection_is_not(table: ConnectionTable) -> None:
    table.add("a", 1000)
    table.remove("a")
    assert list(table.rows()) == []


def test_removing_a_connection_twice_is_fine(table: ConnectionTable) -> None:
    table.add("a", 1000)
    table.remove("a")
    table.remove("a")
    assert items_of(table) == {}


def test_the_rows_of_every_page_are_read(table: ConnectionTable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moto_table, "RESULT_SIZE_LIMIT", 200)
    for number in range(25):
        table.add(f"connection-{number}", number)
    assert "LastEvaluatedKey" in table.client.scan(TableName=table.name)
    assert {row.connection_id for row in table.rows()} == {f"connection-{number}" for number in range(25)}


def test_rows_are_read_consistently(table: ConnectionTable) -> None:
    scans: list[dict[str, object]] = []
    table.client.meta.events.register(
        "provide-client-params.dynamodb.Scan", lambda params, **_: scans.append(params)
    )
    list(table.rows())
    assert [scan["ConsistentRead"] for scan in scans] == [True]


def test_a_row_is_removed_while_it_is_the_one_that_was_read(table: ConnectionTable) -> None:
    table.add("a", 1000)
    assert table.remove_unchanged(ConnectionRow("a", 1000))
    assert items_of(table) == {}


def test_a_row_that_was_written_anew_stays(table: ConnectionTable) -> None:
    table.add("a", 2000)
    assert not table.remove_unchanged(ConnectionRow("a", 1000))
    assert set(items_of(table)) == {"a"}


@pytest.mark.parametrize("attributes", [{}, {"connectedAt": {"S": "yesterday"}}])
def test_a_row_of_unreadable_time_is_removed(table: ConnectionTable, attributes: dict[str, object]) -> None:
    table.client.put_item(TableName=table.name, Item={"connectionId": {"S": "a"}, **attributes})  # type: ignore[dict-item]
    assert table.remove_unchanged(ConnectionRow("a", None))
    assert items_of(table) == {}


def test_a_row_of_unreadable_time_that_was_written_anew_stays(table: ConnectionTable) -> None:
    table.add("a", 2000)
    assert not table.remove_unchanged(ConnectionRow("a", None))
    assert set(items_of(table)) == {"a"}


def test_a_row_that_is_gone_already_is_not_written_by_removing_it(table: ConnectionTable) -> None:
    assert not table.remove_unchanged(ConnectionRow("a", 1000))
    assert items_of(table) == {}
