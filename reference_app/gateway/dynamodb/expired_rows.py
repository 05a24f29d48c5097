"""Time to live on a clock that is moved: rows that have expired by it are deleted at once (RC-13)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reference_app.gateway.dynamodb.engine_calls import TIME_TO_LIVE, EngineError, TableRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from reference_app.gateway.dynamodb.engine_calls import EngineCalls
    from reference_app.gateway.template.application import Table


async def delete_expired(calls: EngineCalls, table: Table, now_s: float) -> AsyncIterator[TableRequest]:
    """Delete the rows whose time to live, in epoch seconds, is before `now_s`; yield each deletion.

    A value that is not a number never expires, as in DynamoDB; one in milliseconds does so in the far future.
    A table without time to live loses nothing. Raises OriginError, EngineError.
    """
    attribute = table.ttl_attribute
    if attribute is None:
        return
    keys = [str(key["AttributeName"]) for key in table.create["KeySchema"]]
    async for row in calls.rows(table.name):
        value = row.get(attribute, {}).get("N")
        if value is None or float(value) >= now_s:
            continue
        deletion = _deletion(table.name, {key: row[key] for key in keys}, attribute, value)
        try:
            await calls.call(deletion.operation, deletion.parameters, user_agent=TIME_TO_LIVE)
        except EngineError:
            continue  # written anew meanwhile
        yield deletion


def _deletion(table: str, key: dict[str, Any], attribute: str, value: str) -> TableRequest:
    return TableRequest(
        "DeleteItem",
        {
            "TableName": table,
            "Key": key,
            "ConditionExpression": "#ttl = :seen",
            "ExpressionAttributeNames": {"#ttl": attribute},
            "ExpressionAttributeValues": {":seen": {"N": value}},
        },
    )
