"""What DynamoDB refuses since it does not fit the table's keys and indexes, and moto takes.

A delete whose key has an attribute too many deletes nothing on AWS, and a row whose index key is a number
where the index wants a string is not written. The sentences are DynamoDB's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Values: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Attribute values by name, each as `{"S": "text"}`."""

_ATTRIBUTE = re.compile(r"(?<![\w.:#])#?[A-Za-z_]\w*\b(?!\s*\()")
"""The first name of a path in an expression: values begin with a colon, and functions have arguments."""
_BY_KEY = ("GetItem", "DeleteItem", "UpdateItem")


@dataclass(frozen=True)
class TableKeys:
    """The attributes that a table and its indexes are keyed by."""

    keys: frozenset[str]
    types: Mapping[str, str]
    """Of every attribute that is part of a key: `S`, `N` or `B`."""
    indexes: Mapping[str, tuple[str, ...]]
    """The key attributes of each index, by its name."""


def key_problem(
    operation: str, parameters: Mapping[str, Any], keys_of: Callable[[str], TableKeys | None]
) -> str:
    """Why DynamoDB answers ValidationException to the request; empty where it may be carried out.

    `keys_of` knows tables by name; about one that it does not know nothing is said.
    """
    if operation in ("Query", "Scan"):
        table = keys_of(str(parameters.get("TableName")))
        if table is None:
            return ""
        return _unreadable(table, parameters) or (
            _filtered(table, parameters) if operation == "Query" else ""
        )
    for name, values, is_key in _named(operation, parameters):
        table = keys_of(name)
        problem = "" if table is None else _misfit(table, values) if is_key else _mistyped(table, values)
        if problem:
            return problem
    return ""


def _unreadable(table: TableKeys, parameters: Mapping[str, Any]) -> str:
    index, start = parameters.get("IndexName"), parameters.get("ExclusiveStartKey")
    if index is not None and index not in table.indexes:
        return f"The table does not have the specified index: {index}"
    if start is None:
        return ""
    expected = table.keys.union(table.indexes[index]) if index is not None else table.keys
    return "" if start.keys() == expected else "The provided starting key is invalid"


def _filtered(table: TableKeys, parameters: Mapping[str, Any]) -> str:
    """A query's keys belong into its key condition, and not into its filter."""
    index, names = parameters.get("IndexName"), parameters.get("ExpressionAttributeNames") or {}
    keys = table.keys if index is None else table.indexes[index]
    for name in _ATTRIBUTE.findall(parameters.get("FilterExpression") or ""):
        if names.get(name, name) in keys:
            return (
                "Filter Expression can only contain non-primary key attributes: "
                f"Primary key attribute: {names.get(name, name)}"
            )
    return ""


def _misfit(table: TableKeys, key: Values) -> str:
    fits = key.keys() == table.keys and all(table.types[name] in value for name, value in key.items())
    return "" if fits else "The provided key element does not match the schema"


def _mistyped(table: TableKeys, item: Values) -> str:
    for index, names in table.indexes.items():
        for name in names:
            expected, actual = table.types[name], next(iter(item.get(name, {})), "")
            if name in item and actual != expected:
                return (
                    "One or more parameter values were invalid: Type mismatch for Index Key "
                    f"{name} Expected: {expected} Actual: {actual} IndexName: {index}"
                )
    return ""


def _named(operation: str, parameters: Mapping[str, Any]) -> Iterator[tuple[str, Values, bool]]:
    """Every key and every item of a request, with its table, and whether it is a key."""
    if operation in _BY_KEY:
        yield str(parameters.get("TableName")), parameters.get("Key", {}), True
    elif operation == "PutItem":
        yield str(parameters.get("TableName")), parameters.get("Item", {}), False
    elif operation == "BatchGetItem":
        for table, wanted in parameters.get("RequestItems", {}).items():
            yield from ((table, key, True) for key in wanted.get("Keys", ()))
    elif operation == "BatchWriteItem":
        for table, requests in parameters.get("RequestItems", {}).items():
            for request in requests:
                yield from _of_request(table, request)
    else:
        for action in parameters.get("TransactItems", ()):
            for request in action.values():
                yield from _of_request(str(request.get("TableName")), {"": request})


def _of_request(table: str, request: Mapping[str, Any]) -> Iterator[tuple[str, Values, bool]]:
    for members in request.values():
        if "Key" in members:
            yield table, members["Key"], True
        if "Item" in members:
            yield table, members["Item"], False
