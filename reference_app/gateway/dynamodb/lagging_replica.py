"""A copy of a table that lags behind it: what eventually consistent reads may see (RC-15).

It is a table of the same engine, to which every write is done once more, later; so filters, conditions and
indexes work as the engine has them.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from reference_app.gateway.dynamodb.engine_calls import EngineError, TableRequest
from reference_app.gateway.http_client import OriginError

if TYPE_CHECKING:
    from reference_app.gateway.dynamodb.engine_calls import EngineCalls

_LOGGER = logging.getLogger(__name__)

WRITES = frozenset({"BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"})
LAGGING_READS = frozenset({"GetItem", "Query", "Scan"})
"""BatchGetItem is not among them; TransactGetItems is never eventually consistent."""
_NAME = "{}.lagging"
_INDEX_MEMBERS = ("IndexName", "KeySchema", "Projection")


class LaggingReplica:
    """The copy of one table, from `start` to `stop`."""

    def __init__(self, calls: EngineCalls, table: str, seconds: float) -> None:
        """`seconds` is how long a write takes to arrive, machine time."""
        self.seconds = seconds
        self._calls = calls
        self._table = table
        self._name = _NAME.format(table)
        self._coming: deque[tuple[float, TableRequest]] = deque()
        self._more = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Make the copy. Raises EngineError, OriginError."""
        await self._remove()  # of an earlier run, in an engine that outlives the stack
        described = await self._calls.call("DescribeTable", {"TableName": self._table})
        await self._calls.call("CreateTable", _same_table(described["Table"], self._name))
        async for item in self._calls.rows(self._table):
            await self._calls.call("PutItem", {"TableName": self._name, "Item": item})
        self._task = asyncio.get_running_loop().create_task(self._apply_all())

    async def stop(self) -> None:
        """Remove the copy; what has not arrived is not missed."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._remove()

    def wrote(self, request: TableRequest) -> None:
        """Take note of a write that the table has accepted."""
        if (copied := _redirected(request, self._table, self._name)) is not None:
            self._coming.append((time.monotonic() + self.seconds, copied))
            self._more.set()

    def read(self, request: TableRequest) -> TableRequest | None:
        """Return the read that shows the table as it was; None for a read that does not lag."""
        if request.operation not in LAGGING_READS or request.parameters.get("ConsistentRead") is True:
            return None
        return TableRequest(request.operation, {**request.parameters, "TableName": self._name})

    async def _remove(self) -> None:
        try:
            await self._calls.call("DeleteTable", {"TableName": self._name})
        except (EngineError, OriginError) as error:
            _LOGGER.debug("there is no %s to delete: %s", self._name, error)

    async def _apply_all(self) -> None:
        while True:
            self._more.clear()
            while self._coming:
                due, request = self._coming[0]
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                try:
                    await self._calls.call(request.operation, request.parameters)
                except (EngineError, OriginError) as error:
                    _LOGGER.warning("the replica %s has missed a write: %s", self._name, error)
                self._coming.popleft()
            await self._more.wait()


def _redirected(request: TableRequest, table: str, name: str) -> TableRequest | None:
    parameters: dict[str, Any] = dict(request.parameters)
    match request.operation:
        case "BatchWriteItem":
            ours = parameters["RequestItems"].get(table)
            return TableRequest("BatchWriteItem", {"RequestItems": {name: ours}}) if ours else None
        case "TransactWriteItems":
            copied = [_action(item, table, name) for item in parameters["TransactItems"]]
            actions = [action for action in copied if action is not None]
            return TableRequest("TransactWriteItems", {"TransactItems": actions}) if actions else None
        case _ if parameters["TableName"] != table:
            return None
        case _:
            return TableRequest(request.operation, {**parameters, "TableName": name})


def _action(item: dict[str, Any], table: str, name: str) -> dict[str, Any] | None:
    ((kind, action),) = item.items()
    # A check was passed when it counted.
    if kind == "ConditionCheck" or action["TableName"] != table:
        return None
    return {kind: {**action, "TableName": name}}


def _same_table(described: dict[str, Any], name: str) -> dict[str, Any]:
    table: dict[str, Any] = {
        "TableName": name,
        "KeySchema": described["KeySchema"],
        "AttributeDefinitions": described["AttributeDefinitions"],
        "BillingMode": "PAY_PER_REQUEST",
    }
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        if indexes := described.get(kind):
            table[kind] = [{member: index[member] for member in _INDEX_MEMBERS} for index in indexes]
    return table
