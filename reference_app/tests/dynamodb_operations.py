"""Random calls of the DynamoDB API as WebSocket backends make them, on one table with few keys.

Left out is what moto is known to do otherwise: `size()` of an attribute that is not there (an error, where
DynamoDB's condition is false), arithmetic with exponents (`1e3`, an error), and UPDATED_OLD or UPDATED_NEW of
an attribute whose value stays the same (missing in the answer).
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

TABLE = "compared"
CREATE = {
    "TableName": TABLE,
    "KeySchema": [
        {"AttributeName": "room", "KeyType": "HASH"},
        {"AttributeName": "id", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": kind}
        for name, kind in (("room", "S"), ("id", "S"), ("at", "N"))
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "byTime",
            "KeySchema": [
                {"AttributeName": "room", "KeyType": "HASH"},
                {"AttributeName": "at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
ROOMS, IDS = ("r", "s"), ("a", "ab", "b")
KEYS = [{"room": {"S": room}, "id": {"S": id_}} for room in ROOMS for id_ in IDS]

Call = tuple[str, dict[str, Any]]

_NUMBERS = st.sampled_from(["0", "1", "-1", "2.5", "10", "007", "3.10"])
_SCALARS = st.one_of(
    st.sampled_from(["", "x", "é", "ab"]).map(lambda text: {"S": text}),
    _NUMBERS.map(lambda number: {"N": number}),
    st.booleans().map(lambda value: {"BOOL": value}),
    st.just({"NULL": True}),
    st.sampled_from(["AA==", "/w=="]).map(lambda data: {"B": data}),
)
_VALUES = st.one_of(
    _SCALARS,
    st.lists(_SCALARS, max_size=2).map(lambda items: {"L": items}),
    st.dictionaries(st.sampled_from(["k", "l"]), _SCALARS, max_size=2).map(lambda items: {"M": items}),
    st.lists(st.sampled_from(["x", "y"]), min_size=1, max_size=2, unique=True).map(
        lambda texts: {"SS": texts}
    ),
)
_KEY = st.sampled_from(KEYS)
_ITEM = st.builds(
    lambda key, at, rest: {**key, **at, **rest},
    _KEY,
    st.one_of(st.just({}), _NUMBERS.map(lambda number: {"at": {"N": number}})),
    st.dictionaries(st.sampled_from(["v", "w"]), _VALUES, max_size=2),
)
_CONDITIONS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {},
        {"ConditionExpression": "attribute_not_exists(id)"},
        {"ConditionExpression": "attribute_exists(id)"},
        {
            "ConditionExpression": "v = :x OR #a > :n",
            "ExpressionAttributeNames": {"#a": "at"},
            "ExpressionAttributeValues": {":x": {"S": "x"}, ":n": {"N": "1"}},
        },
        {"ConditionExpression": "nonsense ("},
    ]
)
_UPDATES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(
        lambda value: {
            "UpdateExpression": "SET v = :v REMOVE w",
            "ExpressionAttributeValues": {":v": value},
        },
        _VALUES,
    ),
    st.builds(
        lambda number: {
            "UpdateExpression": "ADD #n :d",
            "ExpressionAttributeNames": {"#n": "at"},
            "ExpressionAttributeValues": {":d": {"N": number}},
        },
        _NUMBERS,
    ),
    st.builds(
        lambda number: {
            "UpdateExpression": "SET n = if_not_exists(n, :zero) + :d",
            "ExpressionAttributeValues": {":zero": {"N": "0"}, ":d": {"N": number}},
        },
        _NUMBERS,
    ),
    st.builds(
        lambda value: {
            "UpdateExpression": "SET v = list_append(if_not_exists(v, :none), :more)",
            "ExpressionAttributeValues": {":none": {"L": []}, ":more": {"L": [value]}},
        },
        _SCALARS,
    ),
    st.just({"UpdateExpression": "ADD s :s", "ExpressionAttributeValues": {":s": {"SS": ["x"]}}}),
    st.just({"UpdateExpression": "DELETE s :s", "ExpressionAttributeValues": {":s": {"SS": ["x"]}}}),
    st.just({"UpdateExpression": "SET id = :v", "ExpressionAttributeValues": {":v": {"S": "x"}}}),
)
_FILTERS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {},
        {"FilterExpression": "attribute_exists(v)"},
        {"FilterExpression": "v <> :f", "ExpressionAttributeValues": {":f": {"S": "x"}}},
        {"FilterExpression": "contains(v, :f)", "ExpressionAttributeValues": {":f": {"S": "x"}}},
    ]
)
_PROJECTIONS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, {"ProjectionExpression": "id, v"}, {"ConsistentRead": True}]
)
_LIMITS: st.SearchStrategy[dict[str, Any]] = st.sampled_from([{}, {"Limit": 1}, {"Limit": 2}])
_KEY_CONDITIONS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        ({"KeyConditionExpression": "room = :r"}, {}),
        ({"KeyConditionExpression": "room = :r AND begins_with(id, :i)"}, {":i": {"S": "a"}}),
        (
            {"KeyConditionExpression": "room = :r AND id BETWEEN :i AND :j"},
            {":i": {"S": "ab"}, ":j": {"S": "b"}},
        ),
        ({"KeyConditionExpression": "room = :r AND id > :i"}, {":i": {"S": "a"}}),
        ({"KeyConditionExpression": "room = :r", "ScanIndexForward": False}, {}),
        ({"KeyConditionExpression": "room = :r", "IndexName": "byTime"}, {}),
    ]
)


def _returning(*values: str) -> st.SearchStrategy[dict[str, str]]:
    return st.sampled_from([{}, *({"ReturnValues": value} for value in values)])


def _call(operation: str, *parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[Call]:
    return st.tuples(*parts).map(lambda drawn: (operation, _merged({"TableName": TABLE}, *drawn)))


def _merged(*parts: dict[str, Any]) -> dict[str, Any]:
    """One request of several parts; their attribute values are put together."""
    merged: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            merged[name] = {**merged.get(name, {}), **value} if name == "ExpressionAttributeValues" else value
    return merged


def _query(room: str, condition: tuple[dict[str, Any], dict[str, Any]], rest: dict[str, Any]) -> Call:
    values = {"ExpressionAttributeValues": {":r": {"S": room}, **condition[1]}}
    return "Query", _merged({"TableName": TABLE}, condition[0], values, rest)


_BATCH = st.lists(_ITEM, min_size=1, max_size=3, unique_by=lambda item: (item["room"]["S"], item["id"]["S"]))

CALLS: st.SearchStrategy[Call] = st.one_of(
    _call("PutItem", st.builds(lambda item: {"Item": item}, _ITEM), _CONDITIONS, _returning("ALL_OLD")),
    _call("GetItem", st.builds(lambda key: {"Key": key}, _KEY), _PROJECTIONS),
    _call("DeleteItem", st.builds(lambda key: {"Key": key}, _KEY), _CONDITIONS, _returning("ALL_OLD")),
    _call(
        "UpdateItem",
        st.builds(lambda key: {"Key": key}, _KEY),
        _UPDATES,
        _returning("ALL_NEW", "ALL_OLD"),
    ),
    st.builds(_query, st.sampled_from(ROOMS), _KEY_CONDITIONS, st.builds(_merged, _FILTERS, _LIMITS)),
    _call("Scan", _FILTERS, _LIMITS),
    st.builds(
        lambda items: (
            "BatchWriteItem",
            {"RequestItems": {TABLE: [{"PutRequest": {"Item": i}} for i in items]}},
        ),
        _BATCH,
    ),
    st.builds(
        lambda keys: ("BatchGetItem", {"RequestItems": {TABLE: {"Keys": keys}}}),
        st.lists(_KEY, min_size=1, max_size=3, unique_by=str),
    ),
)
