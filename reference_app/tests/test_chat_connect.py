from __future__ import annotations

import importlib
import time
from typing import TYPE_CHECKING, Any

import pytest

from reference_app.tests.chat_backend import empty_table, event, items_of, lambda_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from reference_app.chat.chatapp.connection_table import ConnectionTable


@pytest.fixture
def connect() -> ModuleType:
    with lambda_environment():
        return importlib.import_module("reference_app.chat.chatapp.connect")


@pytest.fixture
def table(connect: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[ConnectionTable]:
    with empty_table() as table:
        monkeypatch.setattr(connect, "TABLE", table)
        yield table


def test_an_accepted_connection_has_a_row(connect: ModuleType, table: ConnectionTable) -> None:
    assert connect.handler(event("a"), None) == {"statusCode": 200}
    assert set(items_of(table)) == {"a"}


def test_the_row_says_when_the_function_began_not_when_the_gateway_took_the_connection(
    connect: ModuleType, table: ConnectionTable
) -> None:
    before_ms = time.time_ns() // 1_000_000
    connect.handler(event("a", connectedAt=before_ms - 9_000), None)
    assert int(items_of(table)["a"]["connectedAt"]["N"]) >= before_ms


def test_connecting_twice_is_the_same_as_once(connect: ModuleType, table: ConnectionTable) -> None:
    connect.handler(event("a"), None)
    assert connect.handler(event("a"), None) == {"statusCode": 200}
    assert set(items_of(table)) == {"a"}


def test_a_connection_that_cannot_be_stored_is_refused_without_saying_why(
    connect: ModuleType, table: ConnectionTable, capsys: pytest.CaptureFixture[str]
) -> None:
    table.client.delete_table(TableName=table.name)
    result: dict[str, Any] = connect.handler(event("a"), None)
    assert result == {"statusCode": 500}
    assert '"event": "connect_refused"' in capsys.readouterr().out
