"""The backend's connection table: read like an auditor, and seeded with rows that have gone stale."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from botocore.exceptions import ClientError

from reports.history import RowPlanted

from .access import Credentials, TableAccess
from .aws_access import client_config, explained, session_for
from .planting_ledger import PlantingLedger
from .recorder import Recorder
from .rows import Item, Place, Row, expired, holds_nested, places, shown_id

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import TableDescriptionTypeDef

Position = Literal["first", "middle", "last", "unknown"]


class ConnectionTable:
    """Finds rows by the connection id in them, plants stale ones, and removes what it planted.

    A row whose time to live is over is not there, although DynamoDB may take two days to delete it
    (RC-13): an application may end a row by its expiry, if it skips such rows itself.
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
        self._indexed = _key_attributes(described["Table"])
        self._expiry = self._expiry_attribute()
        self._place: Place | None = None
        """Learned: where in the key this application keeps the connection id, as most do.

        What stands around the id is one row's: a time in it is another one in the next row.
        """

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

    def shown_ids(self) -> frozenset[str]:
        """The connection ids of all rows that show one, and whose time to live is not over."""
        return frozenset(self._shown_id(item) for item in self._lasting()) - {""}

    def find(self, connection_id: str) -> Row | None:
        """The row that belongs to this connection alone; None where there is none."""
        if self._simple_key():
            item = self._get(connection_id)
            return None if item is None else Row(item, connection_id)
        return self._own(self._lasting(), connection_id)

    def present(self, connection_ids: Iterable[str]) -> frozenset[str]:
        """Those of the ids that the table holds, in rows of their own or together with others."""
        wanted = set(connection_ids)
        items = self._lasting() if wanted else []
        return frozenset(wanted_id for wanted_id in wanted if any(self._holds(i, wanted_id) for i in items))

    def observe(self, connection_id: str) -> bool:
        """Look whether the table holds the connection, and record what was seen."""
        started = time.monotonic_ns()
        if self._simple_key():
            seen = self._get(connection_id) is not None
        else:
            items = self._lasting()
            seen = self._own(items, connection_id) is not None
            seen = seen or any(self._holds(item, connection_id) for item in items)
        if self._recorder is not None:
            self._recorder.row_observed(started, connection_id, present=seen)
        return seen

    def plant(self, row: Row) -> bool:
        """Put a row of a connection that is gone back, in place of its own old row if that is still there.

        False, and nothing is done, if by now the row of another connection has its key. The row is
        removed again by `clean_up`. Plant rows that `find` returned, and copies of them.
        """
        place = self._place_of(row)
        # First: a put whose answer is lost may have taken effect.
        self.planted.append(row)
        if self._ledger is not None:
            self._ledger.add(self.access, row, sorted({*self.keys, place.attribute}))
        with explained(self._what):
            try:
                self._client.put_item(
                    TableName=self.access.name,
                    Item=_plain(row.item),
                    ConditionExpression="attribute_not_exists(#key) OR #id = :id",
                    ExpressionAttributeNames={"#key": self.keys[0], "#id": place.attribute},
                    ExpressionAttributeValues={":id": dict(place.value(row.connection_id))},
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
        place = self._place_of(row)
        with explained(self._what):
            try:
                self._client.delete_item(
                    TableName=self.access.name,
                    Key=_plain({name: row.item[name] for name in self.keys}),
                    ConditionExpression="#id = :id",
                    ExpressionAttributeNames={"#id": place.attribute},
                    ExpressionAttributeValues={":id": dict(place.value(row.connection_id))},
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

    def _lasting(self) -> list[Item]:
        return [item for item in self._items() if not self._is_over(item)]

    def _is_over(self, item: Item) -> bool:
        return self._expiry is not None and expired(item, self._expiry, time.time())

    def _expiry_attribute(self) -> str | None:
        """Where the rows keep their time to live; None without one, and where nobody is allowed to ask."""
        try:
            answer = self._client.describe_time_to_live(TableName=self.access.name)
        except ClientError:
            return None  # the policy is an older one, or an emulator does not know the call
        described = answer["TimeToLiveDescription"]
        return described.get("AttributeName") if described.get("TimeToLiveStatus") == "ENABLED" else None

    def _simple_key(self) -> bool:
        """True once it is known that the id is the whole key: then one read replaces a Scan."""
        return self._place is not None and self._place.is_whole and len(self.keys) == 1

    def _get(self, connection_id: str) -> Item | None:
        assert self._place is not None
        key = {self.keys[0]: dict(self._place.value(connection_id))}
        with explained(self._what):
            answer = self._client.get_item(TableName=self.access.name, Key=key, ConsistentRead=True)
        item = answer.get("Item")
        return None if item is None or self._is_over(item) else item

    def _own(self, items: Iterable[Item], connection_id: str) -> Row | None:
        """The connection's row among these; learns where the id stands in the key, if it does."""
        found = [(place, item) for item in items for place in self._places(item, connection_id)[:1]]
        keyed = [(place, item) for place, item in found if place.attribute in self.keys]
        if keyed and self._place is None:  # other rows may merely mention the id
            self._place = min(keyed, key=lambda one: len(one[0].before) + len(one[0].after))[0]
            return self._own((item for _, item in keyed), connection_id)
        return Row(found[0][1], connection_id) if found else None

    def _shown_id(self, item: Item) -> str:
        if self._place is not None:
            return self._place.id_in(item)
        named = [self.access.key] if self.access.key else []
        shown = shown_id(item, [*named, *self._indexed])
        return shown or next((str(item[name].get("S", "")) for name in named if name in item), "")

    def _places(self, item: Item, connection_id: str) -> list[Place]:
        """Where the id stands in the item, as far as that makes it a row of the connection."""
        if self._place is not None:
            found = places(item, connection_id, [self._place.attribute])
            return [place for place in found if place.kind == self._place.kind]
        found = places(item, connection_id, self._indexed)
        return sorted(found, key=lambda place: place.attribute not in self.keys)

    def _holds(self, item: Item, connection_id: str) -> bool:
        nested = self._place is None and holds_nested(item, connection_id)
        return nested or bool(self._places(item, connection_id))

    def _place_of(self, row: Row) -> Place:
        """What says whose row it is."""
        found = places(row.item, row.connection_id, self._indexed)
        if not found:
            raise ValueError("only rows that hold the connection id by themselves can be planted and removed")
        return found[0]


def _key_attributes(table: TableDescriptionTypeDef) -> tuple[str, ...]:
    """Names of the key attributes of a table, then those of its indexes."""
    indexes = [*table.get("LocalSecondaryIndexes", ()), *table.get("GlobalSecondaryIndexes", ())]
    schemas = [table["KeySchema"], *(index.get("KeySchema", []) for index in indexes)]
    return tuple(dict.fromkeys(key["AttributeName"] for schema in schemas for key in schema))


def _plain(item: Item) -> Mapping[str, Any]:
    """The item as botocore wants it."""
    return {name: dict(value) for name, value in item.items()}
