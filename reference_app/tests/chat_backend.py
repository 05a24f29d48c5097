"""What the chat backend's tests stand on: a table, a gateway that answers as told, events, a context."""

from __future__ import annotations

import os
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest import mock

from moto import mock_aws

from reference_app.chat.chatapp.connection_table import ConnectionTable, connection_table
from reference_app.chat.chatapp.post_outcome import PostOutcome, PostResult, outcome_of_status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "TABLE_NAME": "connections",
    "CONNECT_TIMEOUT_SECONDS": "5",
}


@contextmanager
def lambda_environment() -> Iterator[None]:
    """The variables that the template gives to the functions, and moto in place of AWS."""
    with mock.patch.dict(os.environ, ENVIRONMENT), mock_aws():
        yield


@cache
def _table() -> ConnectionTable:
    # One client for all tests: making one takes longer than any of them.
    return connection_table("connections", concurrency=10)


@contextmanager
def empty_table() -> Iterator[ConnectionTable]:
    with lambda_environment():
        table = _table()
        table.client.create_table(
            TableName=table.name,
            AttributeDefinitions=[{"AttributeName": "connectionId", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "connectionId", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield table


def items_of(table: ConnectionTable) -> dict[str, Mapping[str, Any]]:
    """Every item of the table by its connection id, read past the code under test."""
    return {
        item["connectionId"]["S"]: item for item in table.client.scan(TableName=table.name).get("Items", [])
    }


def event(connection_id: str, body: str | None = None, **context: object) -> dict[str, Any]:
    """A proxy event as far as this backend reads it (EV-20 to EV-36)."""
    return {
        "requestContext": {
            "connectionId": connection_id,
            "requestId": "BFaVtH2HoAMFZEQ=",
            "apiId": "abcdef1234",
            "domainName": "abcdef1234.execute-api.eu-west-1.amazonaws.com",
            "stage": "prod",
            **context,
        },
        "isBase64Encoded": False,
        **({} if body is None else {"body": body}),
    }


@dataclass(frozen=True)
class Context:
    """Lambda's context object with a fixed time left."""

    remaining_ms: int = 28_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


@dataclass
class ManagementApi:
    """Stands in for the chat's own: keeps what was posted, and answers with the given statuses.

    `answers` maps a connection id to the statuses of its posts in turn; after these, and for ids that are
    not there, a post is delivered.
    """

    answers: Mapping[str, Sequence[int]] = field(default_factory=dict)
    posts: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    attempts: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def post(self, connection_id: str, payload: bytes) -> PostResult:
        statuses = self.answers.get(connection_id, ())
        attempt = self.attempts[connection_id]
        self.attempts[connection_id] += 1
        if attempt < len(statuses):
            return PostResult(outcome_of_status(statuses[attempt]))
        self.posts[connection_id].append(payload)
        return PostResult(PostOutcome.DELIVERED)
