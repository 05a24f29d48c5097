"""The target file of a running stack."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from reference_app.gateway.ready_file import Ready, connection_table, target_file, write_ready_file
from reference_app.gateway.template.application import Table


def table(name: str, key: str) -> Table:
    schema = [{"AttributeName": "range", "KeyType": "RANGE"}, {"AttributeName": key, "KeyType": "HASH"}]
    return Table(name, name, {"KeySchema": schema})


def ready(table: Table | None = None) -> Ready:
    return Ready(
        url="ws://127.0.0.1:1/prod",
        management_endpoint="http://127.0.0.1:1/prod",
        region="eu-west-1",
        access_key_id="local",
        secret_access_key="local-secret",
        dynamodb_endpoint="http://127.0.0.1:2",
        route_selection_expression="$request.body.action",
        route_keys=("$connect", "say"),
        table=table,
    )


def test_it_says_where_everything_is() -> None:
    assert tomllib.loads(target_file(ready(table("t", "connectionId")))) == {
        "url": "ws://127.0.0.1:1/prod",
        "routing": {"expression": "$request.body.action", "routes": ["$connect", "say"]},
        "management": {"endpoint": "http://127.0.0.1:1/prod"},
        "credentials": {"access_key_id": "local", "secret_access_key": "local-secret"},
        "table": {
            "name": "t",
            "key": "connectionId",
            "region": "eu-west-1",
            "endpoint": "http://127.0.0.1:2",
        },
    }


def test_without_a_table_there_is_no_section_about_one() -> None:
    assert "table" not in tomllib.loads(target_file(ready()))


def test_a_stack_with_controls_says_where_they_are() -> None:
    controlled = replace(ready(), control_url="http://127.0.0.1:3")
    assert tomllib.loads(target_file(controlled))["control"] == {"url": "http://127.0.0.1:3"}
    assert "control" not in tomllib.loads(target_file(ready()))


def test_any_name_survives() -> None:
    name = 'a"b\\c é 🎉'

    assert tomllib.loads(target_file(ready(table(name, "k"))))["table"]["name"] == name


@pytest.mark.parametrize(
    ("tables", "name"),
    [
        ([table("anything", "id")], "anything"),
        ([table("users", "id"), table("sockets", "connection_id")], "sockets"),
        ([table("users", "connection"), table("sockets", "ConnectionId")], "sockets"),
        ([table("users", "id"), table("local-Connections", "id")], "local-Connections"),
        ([table("users", "id"), table("rooms", "id")], None),
        ([], None),
    ],
)
def test_the_table_is_the_only_one_or_the_one_whose_key_is_a_connection_id(
    tables: list[Table], name: str | None
) -> None:
    found = connection_table(tables)

    assert (found.name if found else None) == name


def test_it_is_written_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "target.toml"
    path.write_text("old")

    write_ready_file(path, ready())

    assert tomllib.loads(path.read_text())["url"] == "ws://127.0.0.1:1/prod"
    assert [file.name for file in tmp_path.iterdir()] == ["target.toml"]


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "target.toml").mkdir()

    with pytest.raises(OSError, match="directory"):
        write_ready_file(tmp_path / "target.toml", ready())

    assert [file.name for file in tmp_path.iterdir()] == ["target.toml"]
