"""Reads the stream of one table: DescribeStream, GetShardIterator, GetRecords."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_app.gateway.dynamodb.engine_calls import EngineError
from reference_app.gateway.http_client import OriginError

if TYPE_CHECKING:
    from reference_app.gateway.dynamodb.engine_calls import EngineCalls
    from reference_app.gateway.functions.stream_batches import Record


class NoStreamError(Exception):
    """The table has none at this endpoint."""


class StreamReader:
    """`start` takes the place from which on `read` returns what comes."""

    def __init__(self, tables: EngineCalls, streams: EngineCalls, table: str) -> None:
        self._tables = tables
        self._streams = streams
        self._table = table
        self._iterators: dict[str, str] = {}

    async def start(self, position: str) -> None:
        """Raises NoStreamError, OriginError, EngineError."""
        described = await self._tables.call("DescribeTable", {"TableName": self._table})
        arn = described["Table"].get("LatestStreamArn")
        if arn is None:
            raise NoStreamError(f"the table {self._table} has no stream at this endpoint")
        stream = await self._streams.call("DescribeStream", {"StreamArn": arn})
        for shard in stream["StreamDescription"]["Shards"]:
            asked = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": position}
            answer = await self._streams.call("GetShardIterator", asked)
            self._iterators[shard["ShardId"]] = answer["ShardIterator"]

    async def read(self, limit: int) -> list[Record]:
        """The next records, at most `limit` of each shard; none when there are none yet.

        Raises OriginError, EngineError; nothing is lost then, and `read` can be called again.
        """
        records: list[Record] = []
        for shard, iterator in tuple(self._iterators.items()):
            asked = {"ShardIterator": iterator, "Limit": limit}
            try:
                page = await self._streams.call("GetRecords", asked)
            except (OriginError, EngineError):
                if not records:
                    raise
                return records  # which are not read again; the next read meets the failure
            records += page["Records"]
            if (following := page.get("NextShardIterator")) is None:
                del self._iterators[shard]
            else:
                self._iterators[shard] = following
        return records
