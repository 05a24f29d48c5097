"""The backend's connection table: read like an auditor, and seeded with rows that have gone stale."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from reports.history import RowPlanted

from .access import Credentials, TableAccess
from .aws_access import client_config, explained, session_for
from .planting_ledger import PlantingLedger
from .recorder import Recorder
from .rows import Item, Row, holders, holds_nested, shown_id

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

Position = Literal["first", "middle", "last", "unknown"]


class ConnectionTable:
    """Finds rows by the connection id in them, plants stale ones, and removes what it planted.

    Works with any key schema. Leaving the `with` block cleans up. Every method raises UsageError for
    a wrong table, region or credentials, and HarnessError when AWS fails otherwise.
    """

    def __init__(
        self,
        access: TableAccess,
        credentials: Credentials | None,
        recorder: Recorder | None = None,
        ledger: PlantingLedger | None = None,
    ) -> None:
        self.access = access
        self.planted: list[Row] = []
        """Rows put into the table since the last `clean_up`."""
        self._recorder = recorder
        self._ledger = ledger
        self._what = f"table {access.name} ({access.endpoint or access.region})"
        with explained(self._what):
            self._client: DynamoDBClient = session_for(credentials).client(
                "dynamodb",
                region_name=access.region,
                endpoint_url=access.endpoint,
                config=client_config(),
            )
            described = self._client.describe_table(TableName=access.name)
        self.keys: tuple[str, ...] = tuple(key["AttributeName"] for key in described["Table"]["KeySchema"])
        """Names of the key attributes, partition key first."""
        self._id_key: str | None = None
        """Learned: the key attribute in which this application keeps the connection id, as most do."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clean_up()
        self._client.close()

    def scan(self, pages: int | None = None) -> list[Row]:
        """All rows in Scan order, strongly consistent, from at most so many pages."""
        return [Row(item, self._shown_id(item)) for item in self._items(pages)]

    def find(self, connection_id: str) -> Row | None:
        """The row that belongs to this connection alone; None where there is none."""
        if self._simple_key():
            item = self._get(connection_id)
            return None if item is None else Row(item, connection_id)
        own = [item for item in self._items() if self._owns(item, connection_id)]
        for item in own:
            if names := set(self.keys) & set(holders(item, connection_id)):
                self._id_key = names.pop()  # other rows may merely mention the id
                return Row(item, connection_id)
        return Row(own[0], connection_id) if own else None

    def present(self, connection_ids: Iterable[str]) -> frozenset[str]:
        """Those of the ids that the table holds, in rows of their own or together with others."""
        wanted = set(connection_ids)
        items = self._items() if wanted else []
        return frozenset(wanted_id for wanted_id in wanted if any(self._holds(i, wanted_id) for i in items))

    def observe(self, connection_id: str) -> bool:
        """Look whether the table holds the connection, and record what was seen."""
        started = time.monotonic_ns()
        if self._simple_key():
            seen = self._get(connection_id) is not None
        else:
            seen = bool(self.present([connection_id]))
        if self._recorder is not None:
            self._recorder.row_observed(started, connection_id, present=seen)
        return seen

    def plant(self, row: Row) -> bool:
        """Put a row of a connection that is gone back, in place of its own old row if that is still there.

        False, and nothing is done, if by now the row of another connection has its key. The row is
        removed again by `clean_up`. Plant rows that `find` returned, and copies of them.
        """
        id_attribute = _id_attribute(row)
        # First: a put whose answer is lost may have taken effect.
        self.planted.append(row)
        if self._ledger is not None:
            self._ledger.add(self.access, row, sorted({*self.keys, id_attribute}))
        with explained(self._what):
            try:
                self._client.put_item(
                    TableName=self.access.name,
                    Item=_plain(row.item),
                    ConditionExpression="attribute_not_exists(#key) OR #id = :id",
                    ExpressionAttributeNames={"#key": self.keys[0], "#id": id_attribute},
                    ExpressionAttributeValues={":id": {"S": row.connection_id}},
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                self.planted.pop()
                return False
        return True

    def record_planted(self, connection_id: str, kind: str, position: Position) -> None:
        """Record that from now on a planted row is in the backend's way."""
        if self._recorder is not None:
            self._recorder.row_planted(RowPlanted(time.monotonic_ns(), connection_id, kind, position))

    def remove(self, row: Row) -> bool:
        """Delete the row if it still belongs to that connection; False where it does not, or is gone."""
        with explained(self._what):
            try:
                self._client.delete_item(
                    TableName=self.access.name,
                    Key=_plain({name: row.item[name] for name in self.keys}),
                    ConditionExpression="#id = :id",
                    ExpressionAttributeNames={"#id": _id_attribute(row)},
                    ExpressionAttributeValues={":id": {"S": row.connection_id}},
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def clean_up(self) -> None:
        """Remove every planted row that is still there."""
        while self.planted:
            self.remove(self.planted[-1])
            self.planted.pop()
        if self._ledger is not None:
            self._ledger.close()

    def _items(self, pages: int | None = None) -> list[Item]:
        items: list[Item] = []
        start: dict[str, Any] = {}
        with explained(self._what):
            while pages is None or pages > 0:
                page = self._client.scan(TableName=self.access.name, ConsistentRead=True, **start)
                items += page["Items"]
                if not page.get("LastEvaluatedKey"):
                    break
                start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
                pages = None if pages is None else pages - 1
        return items

    def _simple_key(self) -> bool:
        """True once it is known that the id is the whole key: then one read replaces a Scan."""
        return self._id_key is not None and len(self.keys) == 1

    def _get(self, connection_id: str) -> Item | None:
        with explained(self._what):
            answer = self._client.get_item(
                TableName=self.access.name, Key={self.keys[0]: {"S": connection_id}}, ConsistentRead=True
            )
        return answer.get("Item")

    def _shown_id(self, item: Item) -> str:
        if self._id_key is not None and (text := item[self._id_key].get("S")):
            return str(text)
        return shown_id(item, [self.access.key, *self.keys] if self.access.key else self.keys)

    def _owns(self, item: Item, connection_id: str) -> bool:
        names = holders(item, connection_id)
        return bool(names) if self._id_key is None else self._id_key in names

    def _holds(self, item: Item, connection_id: str) -> bool:
        return self._owns(item, connection_id) or (self._id_key is None and holds_nested(item, connection_id))


def _id_attribute(row: Row) -> str:
    """Name of the attribute that says whose row it is."""
    names = holders(row.item, row.connection_id)
    if not names:
        raise ValueError("only rows in which an attribute is the connection id can be planted and removed")
    return names[0]


def _plain(item: Item) -> Mapping[str, Any]:
    """The item as botocore wants it."""
    return {name: dict(value) for name, value in item.items()}
