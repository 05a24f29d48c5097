"""Each fault of the table as an SDK sees it, in front of the embedded engine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar

import boto3
import pytest
from botocore.config import Config
from types_boto3_dynamodb import DynamoDBClient

from reference_app.gateway.control.controls import Controls
from reference_app.gateway.control.fault_rules import (
    Address,
    Fault,
    FaultRule,
    TableLag,
    TablePages,
    TableThrottled,
)
from reference_app.gateway.control.trace import Entry, TableCall
from reference_app.gateway.dynamodb.dynamodb_endpoint import answer
from reference_app.gateway.dynamodb.dynamodb_engine import DynamoDbEngine
from reference_app.gateway.dynamodb.engine_calls import EngineCalls
from reference_app.gateway.dynamodb.streams_engine import StreamsEngine
from reference_app.gateway.dynamodb.table_front import TableFront
from reference_app.gateway.functions.session_token import session_token
from reference_app.gateway.http_client import HttpClient
from reference_app.gateway.http_server import HttpServer, Request, Response
from reference_app.gateway.template.application import Table
from reference_app.tests.process_state import PATIENCE_S, eventually

T = TypeVar("T")

# moto keeps the tables of an account for as long as the process runs.
ACCOUNTS = count(700_000_000_000)
REGION = "eu-west-1"
TABLE = Table(
    "Connections",
    "t",
    {
        "TableName": "t",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    },
    ttl_attribute="expires",
)


class Streams(StreamsEngine):
    """Keeps what is said of the newest records."""

    def __init__(self, account_id: str) -> None:
        super().__init__(account_id)
        self.attributed: list[tuple[str, str, str]] = []

    def attribute_newest(self, table: str, region: str, principal: str) -> None:
        self.attributed.append((table, region, principal))


@dataclass
class Front:
    """A front with its controls, for a blocking script."""

    controls: Controls
    front: TableFront
    client: DynamoDBClient
    loop: asyncio.AbstractEventLoop
    streams: Streams

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE_S)

    def add(self, fault: Fault, **options: Any) -> str:
        rule = FaultRule(fault, Address(**options.pop("where", {})), **options)

        async def add() -> str:
            rule_id = self.controls.add_fault(rule)
            await self.front.follow_rules()
            return rule_id

        return self.run(add())

    def remove(self, rule_id: str) -> None:
        async def remove() -> None:
            self.controls.remove_fault(rule_id)
            await self.front.follow_rules()

        self.run(remove())

    def put(self, *names: str, **attributes: Any) -> None:
        for name in names:
            self.client.put_item(TableName="t", Item={"id": {"S": name}, **attributes})

    def pages(self, **options: Any) -> list[list[str]]:
        """Every page of a scan, with the ids on it."""
        pages: list[list[str]] = []
        key: dict[str, Any] = {}
        while True:
            page = self.client.scan(TableName="t", **{**options, **key})
            pages.append(sorted(item["id"]["S"] for item in page["Items"]))
            if "LastEvaluatedKey" not in page:
                return pages
            key = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def ids(self, **options: Any) -> list[str]:
        return sorted(name for page in self.pages(**options) for name in page)

    def calls(self) -> list[TableCall]:
        events = [entry.event for entry in self.controls.trace.since(0) if isinstance(entry, Entry)]
        return [event for event in events if isinstance(event, TableCall)]


def with_front(script: Callable[[Front], None]) -> None:
    """Run a blocking script against a front before an engine that holds an empty table."""

    async def main() -> None:
        account = f"{next(ACCOUNTS):012}"
        engine, streams = DynamoDbEngine(account), Streams(account)

        async def handle(request: Request) -> Response:
            return answer(engine, streams, request)

        origin = HttpServer(handle, longest_body=1 << 20)
        http = HttpClient(f"http://127.0.0.1:{await origin.start()}")
        calls = EngineCalls(http, region=REGION, access_key_id="local")
        await calls.call("CreateTable", TABLE.create)
        controls = Controls()
        front = TableFront(controls, http, calls, [TABLE])
        client = boto3.client(
            "dynamodb",
            endpoint_url=await front.start(),
            region_name=REGION,
            aws_access_key_id="local",
            aws_secret_access_key="local-secret",
            aws_session_token=session_token("Connect"),
            config=Config(retries={"total_max_attempts": 1}),
        )
        try:
            loop = asyncio.get_running_loop()
            await asyncio.to_thread(script, Front(controls, front, client, loop, streams))
        finally:
            client.close()
            await front.stop()
            await origin.stop()

    asyncio.run(main())


def test_without_rules_calls_pass_and_are_traced() -> None:
    def script(table: Front) -> None:
        table.put("a", "b")
        assert table.ids() == ["a", "b"]
        put, _, scan = table.calls()
        assert (put.operation, put.table, put.function, put.status) == ("PutItem", "t", "Connect", 200)
        assert json.loads(put.request or "")["Item"] == {"id": {"S": "a"}}
        assert put.call_id
        assert (scan.operation, scan.items, scan.has_more) == ("Scan", 2, False)

    with_front(script)


def test_errors_of_the_engine_pass_and_are_traced() -> None:
    def script(table: Front) -> None:
        with pytest.raises(table.client.exceptions.ResourceNotFoundException):
            table.client.scan(TableName="nowhere")
        (call,) = table.calls()
        assert (call.status, call.error_type) == (400, "ResourceNotFoundException")

    with_front(script)


def test_pages_are_small_and_hold_everything() -> None:
    def script(table: Front) -> None:
        table.put(*"abcde")
        rule = table.add(TablePages(2))
        assert [len(page) for page in table.pages()] == [2, 2, 1]
        assert [len(page) for page in table.pages(Limit=1)][:5] == [1] * 5
        table.remove(rule)
        assert len(table.pages()) == 1

    with_front(script)


def test_empty_pages_carry_a_key_and_lose_nothing() -> None:
    def script(table: Front) -> None:
        table.put(*"abcdefg")
        table.add(TablePages(2, empty=True))
        for _ in range(2):
            pages = table.pages()
            assert [] in pages[:-1]
            assert sorted(name for page in pages for name in page) == list("abcdefg")
        assert table.client.scan(TableName="t")["Items"] == []

    with_front(script)


def test_who_goes_on_from_an_empty_page_when_the_rule_is_gone_loses_nothing() -> None:
    def script(table: Front) -> None:
        table.put(*"abcdefg")
        rule = table.add(TablePages(4, empty=True))
        empty = table.client.scan(TableName="t")
        table.remove(rule)
        assert empty["Items"] == []
        assert table.ids(ExclusiveStartKey=empty["LastEvaluatedKey"]) == list("abcdefg")

    with_front(script)


def test_a_query_is_paged_as_well() -> None:
    def script(table: Front) -> None:
        table.put("a")
        table.add(TablePages(1))
        page = table.client.query(
            TableName="t",
            KeyConditionExpression="id = :id",
            ExpressionAttributeValues={":id": {"S": "a"}},
        )
        assert [item["id"]["S"] for item in page["Items"]] == ["a"]

    with_front(script)


def test_a_throttled_call_has_no_effect() -> None:
    def script(table: Front) -> None:
        table.add(TableThrottled(), where={"operation": "PutItem"}, count=1)
        with pytest.raises(table.client.exceptions.ProvisionedThroughputExceededException):
            table.put("lost")
        table.put("kept")
        assert table.ids() == ["kept"]
        assert table.calls()[0].error_type == "ProvisionedThroughputExceededException"

    with_front(script)


def test_eventually_consistent_reads_lag_and_consistent_ones_do_not() -> None:
    def script(table: Front) -> None:
        table.put("before")
        rule = table.add(TableLag(3600))
        table.put("new")
        table.client.delete_item(TableName="t", Key={"id": {"S": "before"}})
        table.client.batch_write_item(RequestItems={"t": [{"PutRequest": {"Item": {"id": {"S": "batch"}}}}]})
        assert table.ids() == ["before"]
        assert "Item" not in table.client.get_item(TableName="t", Key={"id": {"S": "new"}})
        assert table.ids(ConsistentRead=True) == ["batch", "new"]
        table.remove(rule)
        assert table.ids() == ["batch", "new"]
        assert table.client.list_tables()["TableNames"] == ["t"]

    with_front(script)


def test_what_was_written_is_seen_when_the_lag_is_over() -> None:
    def script(table: Front) -> None:
        table.add(TableLag(0.05))
        table.put("a", "b")
        table.client.update_item(
            TableName="t",
            Key={"id": {"S": "c"}},
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
        table.client.transact_write_items(
            TransactItems=[{"Delete": {"TableName": "t", "Key": {"id": {"S": "a"}}}}]
        )
        eventually(lambda: table.ids() == ["b", "c"], "the replica has caught up")

    with_front(script)


def test_lag_and_pages_go_together() -> None:
    def script(table: Front) -> None:
        table.put(*"abc")
        table.add(TableLag(3600))
        table.add(TablePages(2, empty=True))
        table.put("d")
        assert table.ids() == ["a", "b", "c"]

    with_front(script)


def test_rows_expire_on_the_moved_clock() -> None:
    def script(table: Front) -> None:
        now_s = table.controls.clock.epoch_ms() // 1000
        table.put("soon", expires={"N": str(now_s + 60)})
        table.put("later", expires={"N": str(now_s + 9000)})
        table.put("in milliseconds", expires={"N": str((now_s + 60) * 1000)})
        table.put("never", expires={"S": "tomorrow"})
        assert table.run(table.front.delete_expired()) == 0

        async def move() -> None:
            table.controls.clock.advance(120)

        table.run(move())
        assert table.run(table.front.delete_expired()) == 1
        assert table.ids() == ["in milliseconds", "later", "never"]
        assert table.streams.attributed == [("t", REGION, "dynamodb.amazonaws.com")]  # ES-6

    with_front(script)


def test_callers_that_are_no_functions_meet_no_faults() -> None:
    def script(table: Front) -> None:
        table.add(TableThrottled())
        table.add(TableLag(3600))
        outside = boto3.client(
            "dynamodb",
            endpoint_url=table.client.meta.endpoint_url,
            region_name=REGION,
            aws_access_key_id="local",
            aws_secret_access_key="local-secret",
        )
        outside.put_item(TableName="t", Item={"id": {"S": "planted"}})
        assert outside.scan(TableName="t")["Count"] == 1
        outside.close()
        assert [call.function for call in table.calls()] == [None, None]

    with_front(script)


def test_an_engine_that_is_gone_is_a_server_error() -> None:
    async def main() -> None:
        http = HttpClient("http://127.0.0.1:1")
        controls = Controls()
        front = TableFront(controls, http, EngineCalls(http, region=REGION, access_key_id="k"), [])
        client = HttpClient(await front.start())
        reply = await client.request("POST", "/", {"X-Amz-Target": "DynamoDB_20120810.ListTables"}, b"{}")
        assert (reply.status, json.loads(reply.body)["__type"].rpartition("#")[2]) == (
            500,
            "InternalServerError",
        )
        await client.close()
        await front.stop()

    asyncio.run(main())
