from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from conformance.__main__ import main
from conformance.harness.access import TableAccess
from conformance.harness.planting_ledger import LEDGER, PlantingLedger
from conformance.harness.rows import Row
from conformance.harness.table import ConnectionTable

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

ACCESS = TableAccess("connections", "eu-west-1")
GONE, LIVE, BACK = "HQI-u_DToAMCAKw=", "BD0R86oM6wFSgik=", "HQI-uvDRIAMCRMw="


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDBClient]:
    """A DynamoDB in this process with the table of connections, keyed by user."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with mock_aws():
        client = boto3.client("dynamodb", region_name=ACCESS.region)
        client.create_table(
            TableName=ACCESS.name,
            KeySchema=[{"AttributeName": "user", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "user", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


@pytest.fixture
def killed(aws: DynamoDBClient, tmp_path: Path) -> Path:
    """The folder of a run that planted two rows and was killed; the second place is taken since."""
    (tmp_path / "history.0.jsonl").touch()
    table = ConnectionTable(ACCESS, None, ledger=PlantingLedger(tmp_path))
    table.plant(_row("u1", GONE))
    table.plant(_row("u2", BACK))
    for user, connection_id in (("u2", LIVE), ("u3", LIVE)):
        item = {name: {"S": value["S"]} for name, value in _row(user, connection_id).item.items()}
        aws.put_item(TableName=ACCESS.name, Item=item)
    return tmp_path


def _row(user: str, connection_id: str) -> Row:
    return Row({"user": {"S": user}, "socket": {"S": connection_id}}, connection_id)


def _users(aws: DynamoDBClient) -> set[str]:
    return {item["user"]["S"] for item in aws.scan(TableName=ACCESS.name)["Items"]}


def test_what_a_killed_run_has_planted_is_deleted_and_nothing_else(
    aws: DynamoDBClient, killed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["clean", str(killed)]) == 0
    assert _users(aws) == {"u2", "u3"}
    assert "removed 1 of 2 planted rows" in capsys.readouterr().out
    assert not (killed / LEDGER).exists()


def test_a_run_that_ended_as_it_should_has_nothing_left(
    aws: DynamoDBClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "history.0.jsonl").touch()
    with ConnectionTable(ACCESS, None, ledger=PlantingLedger(tmp_path)) as table:
        table.plant(_row("u1", GONE))
    assert _users(aws) == set()
    assert main(["clean", str(tmp_path)]) == 0
    assert "has left no planted rows" in capsys.readouterr().out


def test_a_table_that_is_not_there_any_more_keeps_the_ledger(
    aws: DynamoDBClient, killed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.delete_table(TableName=ACCESS.name)
    assert main(["clean", str(killed)]) == 4
    assert "connections" in capsys.readouterr().err
    assert (killed / LEDGER).exists()


def test_a_folder_of_anything_else_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clean", str(tmp_path)]) == 4
    assert "no run folder" in capsys.readouterr().err
