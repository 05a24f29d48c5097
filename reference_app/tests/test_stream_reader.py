"""A table's stream, read from its place on."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from reference_app.gateway.dynamodb.engine_calls import EngineCalls, EngineError
from reference_app.gateway.functions.stream_reader import NoStreamError, StreamReader
from reference_app.gateway.http_client import OriginError


class Endpoint:
    """Two shards, of which the first one ends after its first page."""

    def __init__(self, arn: str | None = "arn") -> None:
        self._arn = arn
        self.positions: list[str] = []

    async def call(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        match operation:
            case "DescribeTable":
                return {"Table": {} if self._arn is None else {"LatestStreamArn": self._arn}}
            case "DescribeStream":
                return {"StreamDescription": {"Shards": [{"ShardId": "one"}, {"ShardId": "two"}]}}
            case "GetShardIterator":
                self.positions.append(parameters["ShardIteratorType"])
                return {"ShardIterator": f"{parameters['ShardId']}-1"}
        shard, _, page = parameters["ShardIterator"].partition("-")
        following = None if shard == "one" else f"{shard}-{int(page) + 1}"
        return {"Records": [{"eventID": f"{shard}{page}"}], "NextShardIterator": following}


def reader(endpoint: Endpoint) -> StreamReader:
    calls = cast("EngineCalls", endpoint)
    return StreamReader(calls, calls, "t")


def test_every_shard_is_read_on_from_the_page_before_until_it_ends() -> None:
    async def run() -> list[list[str]]:
        stream = reader(endpoint)
        await stream.start("LATEST")
        return [[record["eventID"] for record in await stream.read(10)] for _ in range(3)]

    endpoint = Endpoint()

    assert asyncio.run(run()) == [["one1", "two1"], ["two2"], ["two3"]]
    assert endpoint.positions == ["LATEST", "LATEST"]


def test_what_one_shard_had_is_not_lost_when_the_next_one_fails() -> None:
    failures: list[Exception] = [OriginError("refused"), EngineError("GetRecords: 500")]

    class Failing(Endpoint):
        async def call(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
            if parameters.get("ShardIterator") == "two-1" and failures:
                raise failures.pop()
            return await super().call(operation, parameters)

    async def run() -> list[str]:
        stream = reader(Failing())
        await stream.start("LATEST")
        first = await stream.read(10)
        with pytest.raises(OriginError):
            await stream.read(10)
        return [record["eventID"] for record in first + await stream.read(10)]

    assert asyncio.run(run()) == ["one1", "two1"]


def test_a_table_without_a_stream_is_told_by_its_name() -> None:
    with pytest.raises(NoStreamError, match="the table t has no stream"):
        asyncio.run(reader(Endpoint(None)).start("LATEST"))
