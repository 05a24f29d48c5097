"""Calls of DynamoDB's JSON protocol: those that pass by, and the stack's own to whichever engine there is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from reference_app.gateway.http_client import HttpClient, Reply

TABLES, STREAMS = "DynamoDB_20120810", "DynamoDBStreams_20120810"
"""What `X-Amz-Target` begins with, before the dot."""
_TARGET = f"{TABLES}."
TIME_TO_LIVE = "dynamodb.amazonaws.com"
"""The user agent of deletions by time to live, and the principal that streams name for them (ES-6)."""


class EngineError(Exception):
    """The engine refused a call of the stack's own."""


@dataclass(frozen=True, slots=True)
class TableRequest:
    """A call of DynamoDB's JSON protocol."""

    operation: str
    parameters: Mapping[str, Any]
    """As sent; read only."""

    @property
    def table(self) -> str | None:
        """The table that it is about; of several, the first."""
        name = self.parameters.get("TableName")
        if name is None and isinstance(items := self.parameters.get("RequestItems"), dict):
            name = next(iter(items), None)
        if name is None and isinstance(actions := self.parameters.get("TransactItems"), list):
            name = next((one.get("TableName") for one in _actions(actions)), None)
        return name if isinstance(name, str) else None


def table_request(target: str, body: bytes) -> TableRequest:
    """Read a request from its `X-Amz-Target` and body; what is not a JSON object has no parameters."""
    try:
        parameters = json.loads(body)
    except ValueError:
        parameters = None
    operation = target.removeprefix(_TARGET) if target.startswith(_TARGET) else target
    return TableRequest(operation, parameters if isinstance(parameters, dict) else {})


class EngineCalls:
    """Calls an engine in one region; local engines look at the credential's scope, not at the signature."""

    def __init__(self, client: HttpClient, *, region: str, access_key_id: str, service: str = TABLES) -> None:
        """`service` is TABLES or STREAMS."""
        self._client = client
        self._service = service
        self._headers = {
            "Host": client.authority,
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Date": "20200101T000000Z",
            "Authorization": (
                f"AWS4-HMAC-SHA256 Credential={access_key_id}/20200101/{region}/dynamodb/aws4_request, "
                f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
            ),
        }

    async def send(self, request: TableRequest, *, user_agent: str = "") -> Reply:
        """Send a call; its errors are replies. Raises OriginError."""
        headers = {**self._headers, "X-Amz-Target": f"{self._service}.{request.operation}"}
        if user_agent:
            headers["User-Agent"] = user_agent
        return await self._client.request("POST", "/", headers, json.dumps(request.parameters).encode())

    async def call(
        self, operation: str, parameters: Mapping[str, Any], *, user_agent: str = ""
    ) -> dict[str, Any]:
        """Return what a call returns. Raises OriginError, EngineError."""
        reply = await self.send(TableRequest(operation, parameters), user_agent=user_agent)
        if reply.status != 200:
            raise EngineError(f"{operation}: {reply.status} {reply.body.decode(errors='replace')[:500]}")
        result: dict[str, Any] = json.loads(reply.body)
        return result

    async def rows(self, table: str, **parameters: Any) -> AsyncIterator[dict[str, Any]]:  # noqa: ANN401 - JSON
        """Yield every item of a table, as it is now. Raises OriginError, EngineError."""
        request = {"TableName": table, "ConsistentRead": True, **parameters}
        while True:
            page = await self.call("Scan", request)
            for item in page["Items"]:
                yield item
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _actions(transaction: list[Any]) -> list[dict[str, Any]]:
    return [
        action
        for item in transaction
        if isinstance(item, dict)
        for action in item.values()
        if isinstance(action, dict)
    ]
