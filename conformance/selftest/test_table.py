from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from conformance.harness.access import Credentials, TableAccess
from conformance.harness.errors import UsageError
from conformance.harness.recorder import Recorder
from conformance.harness.rows import Item, Row
from conformance.harness.table import ConnectionTable
from reports.history_reader import read_history
from reports.history_writer import HistoryWriter

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import KeySchemaElementTypeDef

REGION = "eu-west-1"
ACCESS = TableAccess("connections", REGION)
CREDENTIALS = Credentials("local", "local-secret")
ONE, OTHER, GONE = "BD0R86oM6wFSgik=", "HQI-uvDRIAMCRMw=", "HQI-u_DToAMCAKw="


@pytest.fixture
def aws() -> Iterator[DynamoDBClient]:
    """A DynamoDB in this process, by its boto3 client."""
    with mock_aws():
        yield boto3.client(
            "dynamodb", region_name=REGION, aws_access_key_id="local", aws_secret_access_key="x"
        )


def create(aws: DynamoDBClient, partition_key: str, sort_key: str | None = None) -> None:
    keys: list[KeySchemaElementTypeDef] = [{"AttributeName": partition_key, "KeyType": "HASH"}]
    if sort_key is not None:
        keys.append({"AttributeName": sort_key, "KeyType": "RANGE"})
    aws.create_table(
        TableName="connections",
        KeySchema=keys,
        AttributeDefinitions=[{"AttributeName": key["AttributeName"], "AttributeType": "S"} for key in keys],
        BillingMode="PAY_PER_REQUEST",
    )


def put(aws: DynamoDBClient, **values: str) -> Item:
    item = {name: {"S": value} for name, value in values.items()}
    aws.put_item(TableName="connections", Item=item)
    return item


def expire(aws: DynamoDBClient, connection_id: str, at_s: int) -> None:
    """Let the row of a connection end at that time; the table has a time to live from now on."""
    described = aws.describe_time_to_live(TableName="connections")["TimeToLiveDescription"]
    if described["TimeToLiveStatus"] != "ENABLED":
        aws.update_time_to_live(
            TableName="connections",
            TimeToLiveSpecification={"AttributeName": "expires", "Enabled": True},
        )
    aws.put_item(
        TableName="connections",
        Item={"connectionId": {"S": connection_id}, "expires": {"N": str(at_s)}},
    )


def opened() -> ConnectionTable:
    return ConnectionTable(ACCESS, CREDENTIALS)


def test_a_row_is_found_by_the_attribute_that_holds_its_id(aws: DynamoDBClient) -> None:
    create(aws, "user")
    item = put(aws, user="u1", socket=ONE, note="hi")
    put(aws, user="u2", socket=OTHER)
    with opened() as table:
        assert table.find(ONE) == Row(item, ONE)
        assert table.find(GONE) is None


def test_the_row_keyed_by_the_id_comes_before_those_that_mention_it(aws: DynamoDBClient) -> None:
    create(aws, "pk", "sk")
    put(aws, pk="aaa", sk="log", sender=ONE)
    own = put(aws, pk="room", sk=ONE)
    with opened() as table:
        assert table.find(ONE) == Row(own, ONE)
        table.remove(Row(own, ONE))
        assert not table.observe(ONE)  # the mention is no row of the connection


def test_rows_of_a_table_of_many_kinds_are_found_by_the_id_within_their_key(aws: DynamoDBClient) -> None:
    create(aws, "pk", "sk")
    put(aws, pk=f"ROOM#{ONE}#1", sk="MESSAGE", text=f"said by {ONE}")
    own = put(aws, pk=f"CONN#{ONE}", sk="META", joined="1")
    put(aws, pk="ROOM#1", sk="META")
    with opened() as table:
        assert ONE in {row.connection_id for row in table.scan()}
        assert table.observe(ONE)
        assert table.find(ONE) == Row(own, ONE)
        assert not table.observe(OTHER)
        assert [row.connection_id for row in table.scan() if row.connection_id] == [ONE]
        table.remove(Row(own, ONE))
        assert not table.observe(ONE)  # the message is no row of the connection
        assert table.plant(Row(own, ONE).with_id(GONE))
        assert table.present([ONE, GONE]) == {GONE}
        table.clean_up()
        assert table.present([GONE]) == frozenset()


def test_a_key_that_holds_a_time_too_is_another_one_in_each_row(aws: DynamoDBClient) -> None:
    create(aws, "session")
    first = put(aws, session=f"{ONE}#1795398046346", connectionId=ONE)
    with opened() as table:
        assert table.find(ONE) == Row(first, ONE)
        second = put(aws, session=f"{OTHER}#1795398051003", connectionId=OTHER)
        assert table.observe(OTHER)
        assert table.find(OTHER) == Row(second, OTHER)
        assert {row.connection_id for row in table.scan()} == {ONE, OTHER}
        table.remove(Row(first, ONE))
        assert not table.observe(ONE)


def test_a_single_key_with_a_prefix_is_found(aws: DynamoDBClient) -> None:
    create(aws, "pk")
    own = put(aws, pk=f"CONN#{ONE}")
    with opened() as table:
        assert table.observe(ONE)
        assert table.find(ONE) == Row(own, ONE)
        assert table.find(OTHER) is None


def test_rows_found_by_an_index_show_the_id_within_its_key(aws: DynamoDBClient) -> None:
    aws.create_table(
        TableName="connections",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "gsi1pk")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-connection",
                "KeySchema": [{"AttributeName": "gsi1pk", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    own = put(aws, pk="USER#1", gsi1pk=f"CONN#{ONE}")
    with opened() as table:
        assert [row.connection_id for row in table.scan()] == [ONE]
        assert table.find(ONE) == Row(own, ONE)
        assert table.observe(ONE)
        assert not table.observe(OTHER)


def test_an_attribute_that_the_user_names_may_hold_ids_of_any_form(aws: DynamoDBClient) -> None:
    create(aws, "id")
    put(aws, id="1", peer="some-emulators-id")
    with ConnectionTable(TableAccess("connections", REGION, "peer"), CREDENTIALS) as table:
        assert [row.connection_id for row in table.scan()] == ["some-emulators-id"]


def test_ids_kept_together_in_one_row_are_present_but_no_row_of_their_own(aws: DynamoDBClient) -> None:
    create(aws, "pk")
    aws.put_item(TableName="connections", Item={"pk": {"S": "all"}, "ids": {"SS": [ONE, OTHER]}})
    with opened() as table:
        assert table.find(ONE) is None
        assert table.present([ONE, OTHER, GONE]) == {ONE, OTHER}
        assert table.observe(ONE)


def test_nothing_is_read_to_find_nobody(aws: DynamoDBClient) -> None:
    create(aws, "connectionId")
    with opened() as table:
        assert table.present([]) == frozenset()


def test_all_pages_of_a_scan_are_read(aws: DynamoDBClient) -> None:
    create(aws, "connectionId")
    for number in range(6):
        put(aws, connectionId=f"{number:015d}A", padding="x" * 300_000)
    with opened() as table:
        assert len(table.scan()) == 6
        assert 0 < len(table.scan(pages=1)) < 6


def test_a_scan_shows_the_ids_of_its_rows(aws: DynamoDBClient) -> None:
    create(aws, "connectionId")
    put(aws, connectionId=ONE, zzz=OTHER)
    put(aws, connectionId="settings")
    with opened() as table:
        assert {row.connection_id for row in table.scan()} == {ONE, ""}


def test_the_attribute_that_the_user_names_comes_first(aws: DynamoDBClient) -> None:
    create(aws, "id")
    put(aws, id=OTHER, peer=ONE)
    with ConnectionTable(TableAccess("connections", REGION, "peer"), CREDENTIALS) as table:
        assert [row.connection_id for row in table.scan()] == [ONE]


def test_once_learned_ids_may_be_of_any_form(aws: DynamoDBClient) -> None:
    create(aws, "room", "socket")
    put(aws, room="r1", socket="some-emulators-id")
    with opened() as table:
        assert [row.connection_id for row in table.scan()] == [""]
        assert table.find("some-emulators-id") is not None
        assert [row.connection_id for row in table.scan()] == ["some-emulators-id"]


@pytest.mark.parametrize("learned", [False, True], ids=["by a Scan", "by its key"])
def test_a_row_that_has_expired_is_not_there_before_it_is_deleted(aws: DynamoDBClient, learned: bool) -> None:
    create(aws, "connectionId")
    expire(aws, ONE, at_s=int(time.time()) + 600)
    with opened() as table:
        row = table.find(ONE) if learned else None
        assert table.present([ONE]) == {ONE}
        assert table.observe(ONE)
        expire(aws, ONE, at_s=int(time.time()) - 1)
        assert table.present([ONE]) == frozenset()
        assert not table.observe(ONE)
        assert table.find(ONE) is None
        assert row is None or table.plant(row)  # in place of the expired one
        assert table.observe(ONE) is learned


def test_an_attribute_that_is_not_the_time_to_live_ends_no_row(aws: DynamoDBClient) -> None:
    create(aws, "connectionId")
    aws.put_item(TableName="connections", Item={"connectionId": {"S": ONE}, "expires": {"N": "1700000000"}})
    with opened() as table:
        assert table.observe(ONE)


def test_an_observation_is_recorded(aws: DynamoDBClient, tmp_path: Path) -> None:
    create(aws, "connectionId")
    put(aws, connectionId=ONE)
    recorder = Recorder(HistoryWriter(tmp_path))
    with ConnectionTable(ACCESS, CREDENTIALS, recorder) as table:
        assert table.observe(ONE)
        assert table.find(ONE) is not None  # from here on one read answers
        assert table.observe(ONE)
        assert not table.observe(GONE)
    recorder.close()
    rows = read_history(tmp_path).rows
    assert [(row.connection_id, row.present) for row in rows] == [(ONE, True), (ONE, True), (GONE, False)]
    assert all(row.started_ns <= row.at_ns for row in rows)


def test_a_planted_row_is_there_until_the_clean_up(aws: DynamoDBClient) -> None:
    create(aws, "connectionId")
    item = put(aws, connectionId=GONE, joined="1")
    with opened() as table:
        row = table.find(GONE)
        assert row is not None
        table.remove(row)
        assert table.plant(row)
        assert table.planted == [row]
        assert [found.item for found in table.scan()] == [item]
        table.clean_up()
        assert table.planted == []
        assert table.scan() == []


def test_leaving_cleans_up_even_on_an_interrupt(aws: DynamoDBClient) -> None:
    create(aws, "connectionId")
    with pytest.raises(KeyboardInterrupt), opened() as table:  # noqa: PT012 - the interrupt comes after
        table.plant(Row({"connectionId": {"S": GONE}}, GONE))
        raise KeyboardInterrupt
    assert aws.scan(TableName="connections")["Items"] == []


def test_planting_in_place_of_its_own_old_row_is_fine(aws: DynamoDBClient) -> None:
    create(aws, "connectionId")
    row = Row(put(aws, connectionId=GONE), GONE)
    with opened() as table:
        assert table.plant(row.padded())
        assert len(table.scan()[0].item) == 2


def test_the_row_of_another_connection_is_not_overwritten(aws: DynamoDBClient) -> None:
    create(aws, "user")
    live = put(aws, user="u1", socket=ONE)
    with opened() as table:
        assert not table.plant(Row({"user": {"S": "u1"}, "socket": {"S": GONE}}, GONE))
        assert table.planted == []
        assert [row.item for row in table.scan()] == [live]


def test_a_row_that_another_connection_has_taken_is_not_removed(aws: DynamoDBClient) -> None:
    create(aws, "user")
    with opened() as table:
        assert table.plant(Row({"user": {"S": "u1"}, "socket": {"S": GONE}}, GONE))
        live = put(aws, user="u1", socket=ONE)
        table.clean_up()
        assert [row.item for row in table.scan()] == [live]


def test_a_row_under_an_id_that_is_none_can_be_planted(aws: DynamoDBClient) -> None:
    create(aws, "connectionId")
    row = Row({"connectionId": {"S": GONE}}, GONE).with_id("not-a-connection-id")
    with opened() as table:
        assert table.plant(row)
        assert table.observe("not-a-connection-id")


def test_a_row_that_only_mentions_its_id_cannot_be_planted(aws: DynamoDBClient) -> None:
    create(aws, "pk")
    with opened() as table, pytest.raises(ValueError, match="hold the connection id by themselves"):
        table.plant(Row({"pk": {"S": "all"}, "ids": {"SS": [GONE]}}, GONE))


def test_what_is_planted_is_recorded_when_it_counts(aws: DynamoDBClient, tmp_path: Path) -> None:
    create(aws, "connectionId")
    recorder = Recorder(HistoryWriter(tmp_path))
    with ConnectionTable(ACCESS, CREDENTIALS, recorder) as table:
        table.record_planted(GONE, "gone", "middle")
    recorder.close()
    (planted,) = read_history(tmp_path).planted
    assert (planted.connection_id, planted.kind, planted.position) == (GONE, "gone", "middle")


def test_without_a_recorder_nothing_is_recorded(aws: DynamoDBClient) -> None:
    create(aws, "connectionId")
    with opened() as table:
        table.record_planted(GONE, "gone", "first")
        assert not table.observe(GONE)


def test_a_table_that_is_not_there_is_a_usage_error(aws: DynamoDBClient) -> None:
    with pytest.raises(UsageError, match=r"table connections \(eu-west-1\): there is no such table"):
        opened()
