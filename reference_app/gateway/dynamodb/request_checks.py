"""What DynamoDB refuses before it looks at a table, and moto takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_MOST_ITEMS: Mapping[str, int] = {
    "BatchGetItem": 100,
    "BatchWriteItem": 25,
    "TransactGetItems": 100,
    "TransactWriteItems": 100,
}
_EXPRESSIONS = (
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
)


def problem_with(operation: str, parameters: Mapping[str, Any]) -> str:
    """Why DynamoDB answers ValidationException to the request; empty where it may be carried out."""
    most, asked = _MOST_ITEMS.get(operation), _items_asked_for(operation, parameters)
    if most is not None and asked > most:
        return (
            f"Too many items requested for the {operation} call: Member must have length less than or equal "
            f"to {most}, {asked} were given"
        )
    for member in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        if unused := _unused(parameters.get(member), parameters):
            return f"Value provided in {member} unused in expressions: keys: {{{', '.join(unused)}}}"
    return ""


def _items_asked_for(operation: str, parameters: Mapping[str, Any]) -> int:
    items = parameters.get("TransactItems")
    if isinstance(items, list):
        return len(items)
    tables = parameters.get("RequestItems")
    requests: Iterable[Any] = tables.values() if isinstance(tables, dict) else ()
    if operation == "BatchGetItem":
        requests = (table.get("Keys", ()) for table in requests if isinstance(table, dict))
    return sum(len(some) for some in requests if isinstance(some, list))


def _unused(given: object, parameters: Mapping[str, Any]) -> list[str]:
    """Placeholders that no expression has; where there is no expression at all, the engine complains."""
    text = " ".join(str(parameters[name]) for name in _EXPRESSIONS if parameters.get(name))
    names = given if isinstance(given, dict) and text else {}
    return [name for name in names if not re.search(rf"{re.escape(name)}(?![A-Za-z0-9_])", text)]
