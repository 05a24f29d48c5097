"""The connection table in DynamoDB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from .connection_row import ConnectionRow, new_item, row_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_dynamodb.client import DynamoDBClient
    from types_boto3_dynamodb.type_defs import UniversalAttributeValueTypeDef

CALL_LIMIT_S = 4.5
"""The longest that one call can last: two attempts of 0.5 s + 1.25 s, and up to 1 s between them."""


@dataclass(frozen=True, slots=True)
class ConnectionTable:
    """Rows keyed by connection id. Methods raise botocore's ClientError and BotoCoreError."""

    client: DynamoDBClient
    name: str

    def add(self, connection_id: str, now_ms: int) -> None:
        """Store the row of a connection that begins now."""
        self.client.put_item(TableName=self.name, Item=new_item(connection_id, now_ms))

    def remove(self, connection_id: str) -> None:
        """Delete the row, whatever it holds; a row that is not there is fine."""
        self.client.delete_item(TableName=self.name, Key={"connectionId": {"S": connection_id}})

    def remove_unchanged(self, row: ConnectionRow) -> bool:
        """Delete the row if it is still the one that was read; False if another has taken its place."""
        condition, values = _still(row)
        try:
            self.client.delete_item(
                TableName=self.name,
                Key={"connectionId": {"S": row.connection_id}},
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def rows(self) -> Iterator[ConnectionRow]:
        """Read all pages, consistently: who had connected before the call is there (RC-15, RC-16)."""
        pages = self.client.get_paginator("scan").paginate(
            TableName=self.name, ConsistentRead=True, ProjectionExpression="connectionId, connectedAt"
        )
        for page in pages:
            yield from map(row_of, page["Items"])


def connection_table(name: str, concurrency: int = 1) -> ConnectionTable:
    """Open the table for `concurrency` calls at a time."""
    config = Config(
        connect_timeout=0.5,
        read_timeout=1.25,
        retries={"mode": "standard", "total_max_attempts": 2},
        max_pool_connections=concurrency,
    )
    return ConnectionTable(boto3.client("dynamodb", config=config), name)


def _still(row: ConnectionRow) -> tuple[str, dict[str, UniversalAttributeValueTypeDef]]:
    if row.connected_at_ms is None:
        return "NOT attribute_type(connectedAt, :number)", {":number": {"S": "N"}}
    return "connectedAt = :seen", {":seen": {"N": str(row.connected_at_ms)}}
