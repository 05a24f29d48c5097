from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import pytest

from reference_app.tests.chat_backend import empty_table, event, items_of, lambda_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from reference_app.chat.chatapp.connection_table import ConnectionTable


@pytest.fixture
def disconnect() -> ModuleType:
    with lambda_environment():
        return importlib.import_module("reference_app.chat.chatapp.disconnect")


@pytest.fixture
def table(disconnect: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[ConnectionTable]:
    with empty_table() as table:
        monkeypatch.setattr(disconnect, "TABLE", table)
        yield table


def test_the_row_of_a_closed_connection_goes_and_no_other(
    disconnect: ModuleType, table: ConnectionTable
) -> None:
    table.add("a", 1000)
    table.add("b", 1000)
    assert disconnect.handler(event("a", disconnectStatusCode=1005), None) == {"statusCode": 200}
    assert set(items_of(table)) == {"b"}


def test_a_second_delivery_of_the_event_changes_nothing(
    disconnect: ModuleType, table: ConnectionTable
) -> None:
    table.add("a", 1000)
    disconnect.handler(event("a", disconnectStatusCode=1001), None)
    assert disconnect.handler(event("a", disconnectStatusCode=1001), None) == {"statusCode": 200}
    assert items_of(table) == {}


def test_a_row_that_cannot_be_removed_is_logged(
    disconnect: ModuleType, table: ConnectionTable, capsys: pytest.CaptureFixture[str]
) -> None:
    table.client.delete_table(TableName=table.name)
    assert disconnect.handler(event("a", disconnectStatusCode=1001), None) == {"statusCode": 500}
    assert '"connectionId": "a"' in capsys.readouterr().out
