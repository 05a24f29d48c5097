"""The DynamoDB engine, call by call."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from reference_app.gateway.dynamodb.dynamodb_engine import DynamoDbEngine

REGION = "eu-west-1"
ROW = {"connectionId": {"S": "abc="}, "connectedAt": {"N": "17"}}


class Client:
    """Calls the engine as an SDK would, and reads what comes back."""

    def __init__(self) -> None:
        self._engine = DynamoDbEngine("123456789012")

    def ok(self, operation: str, *, region: str = REGION, **parameters: Any) -> dict[str, Any]:
        answer = self._engine.answer(operation, json.dumps(parameters).encode(), region)
        assert answer.status == 200, answer
        result: dict[str, Any] = json.loads(answer.body)
        return result

    def error(self, operation: str, body: bytes | None = None, **parameters: Any) -> str:
        answer = self._engine.answer(operation, body or json.dumps(parameters).encode(), REGION)
        assert answer.status == 400, answer
        return str(json.loads(answer.body)["__type"]).rpartition("#")[2]


def make_table(client: Client, name: str = "t", **more: Any) -> None:
    table = {
        "KeySchema": [{"AttributeName": "connectionId", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "connectionId", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    client.ok("CreateTable", TableName=name, **{**table, **more})


@pytest.fixture
def client() -> Client:
    from moto.dynamodb.models import dynamodb_backends

    dynamodb_backends.reset()
    result = Client()
    make_table(result)
    return result


def test_a_row_that_was_put_can_be_read_and_deleted(client: Client) -> None:
    client.ok("PutItem", TableName="t", Item=ROW)

    assert client.ok("GetItem", TableName="t", Key={"connectionId": {"S": "abc="}}, ConsistentRead=True) == {
        "Item": ROW
    }
    deleted = client.ok(
        "DeleteItem", TableName="t", Key={"connectionId": {"S": "abc="}}, ReturnValues="ALL_OLD"
    )
    assert deleted == {"Attributes": ROW}
    assert client.ok("Scan", TableName="t") == {"Count": 0, "ScannedCount": 0, "Items": []}


def test_values_of_every_type_come_back_as_they_were(client: Client) -> None:
    item = {
        "connectionId": {"S": "日本 🎉"},
        "b": {"B": "AAEC/w=="},
        "bs": {"BS": ["AAEC"]},
        "n": {"N": "1.5"},
        "ss": {"SS": ["x"]},
        "m": {"M": {"l": {"L": [{"BOOL": True}, {"NULL": True}]}}},
    }
    client.ok("PutItem", TableName="t", Item=item)

    assert client.ok("Scan", TableName="t")["Items"] == [item]


def test_a_conditional_write_is_refused_when_the_condition_fails(client: Client) -> None:
    client.ok("PutItem", TableName="t", Item=ROW)

    refused = client.error(
        "PutItem", TableName="t", Item=ROW, ConditionExpression="attribute_not_exists(connectionId)"
    )

    assert refused == "ConditionalCheckFailedException"


def test_a_conditional_delete_leaves_a_row_that_has_changed(client: Client) -> None:
    client.ok("PutItem", TableName="t", Item=ROW)

    refused = client.error(
        "DeleteItem",
        TableName="t",
        Key={"connectionId": {"S": "abc="}},
        ConditionExpression="connectedAt = :then",
        ExpressionAttributeValues={":then": {"N": "16"}},
    )

    assert refused == "ConditionalCheckFailedException"
    assert client.ok("Scan", TableName="t", Select="COUNT")["Count"] == 1


def test_pages_end_at_the_limit_and_go_on_from_their_key_even_if_its_row_is_gone(client: Client) -> None:
    for number in range(5):
        client.ok("PutItem", TableName="t", Item={"connectionId": {"S": f"c{number}"}})
    first = client.ok("Scan", TableName="t", Limit=2)
    client.ok("DeleteItem", TableName="t", Key=first["LastEvaluatedKey"])

    second = client.ok("Scan", TableName="t", ExclusiveStartKey=first["LastEvaluatedKey"])

    assert [item["connectionId"]["S"] for item in second["Items"]] == ["c2", "c3", "c4"]
    assert "LastEvaluatedKey" not in second


def test_a_page_ends_at_one_megabyte(client: Client) -> None:
    """RC-16."""
    for number in range(4):
        client.ok(
            "PutItem", TableName="t", Item={"connectionId": {"S": f"c{number}"}, "x": {"S": "x" * 300_000}}
        )

    page = client.ok("Scan", TableName="t")

    assert page["Count"] == 3
    assert "LastEvaluatedKey" in page


def test_ttl_can_be_set_and_asked_for(client: Client) -> None:
    client.ok(
        "UpdateTimeToLive",
        TableName="t",
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "expiresAt"},
    )

    described = client.ok("DescribeTimeToLive", TableName="t")["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"}


def test_each_region_has_tables_of_its_own(client: Client) -> None:
    assert client.ok("ListTables")["TableNames"] == ["t"]
    assert client.ok("ListTables", region="us-east-1")["TableNames"] == []


@pytest.mark.parametrize(
    ("operation", "parameters", "error"),
    [
        (
            "GetItem",
            {"TableName": "nobody", "Key": {"connectionId": {"S": "a"}}},
            "ResourceNotFoundException",
        ),
        ("DescribeTable", {"TableName": "nobody"}, "ResourceNotFoundException"),
        ("PutItem", {"TableName": "t"}, "ValidationException"),
        ("PutItem", {"TableName": "t", "Item": {"other": {"S": "x"}}}, "ValidationException"),
        ("MakeCoffee", {}, "UnknownOperationException"),
        ("", {}, "UnknownOperationException"),
    ],
)
def test_errors_are_answers(client: Client, operation: str, parameters: dict[str, Any], error: str) -> None:
    assert client.error(operation, **parameters) == error


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
def test_what_is_no_json_object_is_refused(client: Client, body: bytes) -> None:
    assert client.error("Scan", body) == "SerializationException"


def test_a_table_that_exists_cannot_be_made_again(client: Client) -> None:
    with pytest.raises(AssertionError, match="ResourceInUseException"):
        make_table(client)


def test_the_key_is_not_among_what_an_update_has_updated(client: Client) -> None:
    client.ok("PutItem", TableName="t", Item=ROW)
    updated = client.ok(
        "UpdateItem",
        TableName="t",
        Key={"connectionId": {"S": "abc="}},
        UpdateExpression="SET connectedAt = :at",
        ExpressionAttributeValues={":at": {"N": "18"}},
        ReturnValues="UPDATED_NEW",
    )

    assert updated == {"Attributes": {"connectedAt": {"N": "18"}}}


def test_an_expression_that_cannot_be_read_is_a_validation_error(client: Client) -> None:
    key = {"connectionId": {"S": "abc="}}
    error = client.error("DeleteItem", TableName="t", Key=key, ConditionExpression="nonsense (")

    assert error == "ValidationException"


@pytest.mark.parametrize(
    "comparison", ["joined < :n", "joined > :n", "joined <= :n", "joined >= :n", "joined BETWEEN :n AND :n"]
)
def test_values_of_different_types_are_in_no_order(client: Client, comparison: str) -> None:
    client.ok("PutItem", TableName="t", Item={"connectionId": {"S": "a"}, "joined": {"S": "2026"}})
    values = {":n": {"N": "5"}}
    found = client.ok("Scan", TableName="t", FilterExpression=comparison, ExpressionAttributeValues=values)
    assert found["Items"] == []
    put: dict[str, Any] = {
        "TableName": "t",
        "Item": {"connectionId": {"S": "a"}},
        "ConditionExpression": comparison,
    }
    assert (
        client.error("PutItem", **put, ExpressionAttributeValues=values) == "ConditionalCheckFailedException"
    )


def test_values_of_one_type_are_in_order(client: Client) -> None:
    client.ok("PutItem", TableName="t", Item={"connectionId": {"S": "a"}, "joined": {"N": "5"}})
    values = {":low": {"N": "4"}, ":high": {"N": "6"}}
    for expression, rows in (
        ("joined < :high AND joined > :low", 1),
        ("joined BETWEEN :low AND :high", 1),
        ("joined > :high", 0),
    ):
        used = {name: value for name, value in values.items() if name in expression}
        found = client.ok("Scan", TableName="t", FilterExpression=expression, ExpressionAttributeValues=used)
        assert len(found["Items"]) == rows


@pytest.mark.parametrize("comparison", ["> :one", "< :one", "= :one", "BETWEEN :one AND :one"])
def test_what_has_no_size_is_not_selected_by_it(client: Client, comparison: str) -> None:
    rooms = {"S": "x"}
    for name, row in (("a", {}), ("b", {"rooms": {"N": "1"}}), ("c", {"rooms": rooms})):
        client.ok("PutItem", TableName="t", Item={"connectionId": {"S": name}, **row})
    scan: dict[str, Any] = {
        "TableName": "t",
        "FilterExpression": f"size(rooms) {comparison}",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    found = [row["connectionId"]["S"] for row in client.ok("Scan", **scan)["Items"]]
    assert found == (["c"] if "=" in comparison or "BETWEEN" in comparison else [])


@pytest.mark.parametrize(("operation", "most"), [("BatchWriteItem", 25), ("BatchGetItem", 100)])
def test_a_batch_holds_so_many_items_at_most(client: Client, operation: str, most: int) -> None:

    def batch(number: int) -> dict[str, Any]:
        keys = [{"connectionId": {"S": str(key)}} for key in range(number)]
        if operation == "BatchGetItem":
            return {"RequestItems": {"t": {"Keys": keys}}}
        return {"RequestItems": {"t": [{"DeleteRequest": {"Key": key}} for key in keys]}}

    client.ok(operation, **batch(most))
    assert client.error(operation, **batch(most + 1)) == "ValidationException"


def test_placeholders_that_no_expression_has_are_refused(client: Client) -> None:
    put: dict[str, Any] = {
        "TableName": "t",
        "Item": ROW,
        "ConditionExpression": "attribute_not_exists(connectionId)",
    }
    client.ok("PutItem", **put)
    scan: dict[str, Any] = {"TableName": "t", "FilterExpression": "#at = :at"}
    names, values = {"#at": "connectedAt"}, {":at": {"N": "17"}}
    found = client.ok("Scan", **scan, ExpressionAttributeNames=names, ExpressionAttributeValues=values)
    assert found["Items"] == [ROW]
    for more in ({"#a": "x"}, {"#att": "x"}):
        spare: dict[str, Any] = {
            "ExpressionAttributeNames": {**names, **more},
            "ExpressionAttributeValues": values,
        }
        assert client.error("Scan", **scan, **spare) == "ValidationException"
    spare = {"ExpressionAttributeNames": names, "ExpressionAttributeValues": {**values, ":a": {"N": "1"}}}
    assert client.error("Scan", **scan, **spare) == "ValidationException"


_TWO = {"connectionId": {"S": "a"}, "room": {"S": "x"}}
_NUMBER = {"connectionId": {"N": "1"}}
_MISTYPED = {"connectionId": {"S": "a"}, "room": {"N": "1"}}


@pytest.mark.parametrize("key", [_TWO, _NUMBER, {"room": {"S": "x"}}], ids=["one too many", "type", "other"])
@pytest.mark.parametrize(
    ("operation", "request_of"),
    [
        ("GetItem", lambda key: {"TableName": "rooms", "Key": key}),
        ("DeleteItem", lambda key: {"TableName": "rooms", "Key": key}),
        ("UpdateItem", lambda key: {"TableName": "rooms", "Key": key}),
        ("BatchGetItem", lambda key: {"RequestItems": {"rooms": {"Keys": [key]}}}),
        ("BatchWriteItem", lambda key: {"RequestItems": {"rooms": [{"DeleteRequest": {"Key": key}}]}}),
        ("TransactGetItems", lambda key: {"TransactItems": [{"Get": {"TableName": "rooms", "Key": key}}]}),
        (
            "TransactWriteItems",
            lambda key: {"TransactItems": [{"Delete": {"TableName": "rooms", "Key": key}}]},
        ),
    ],
)
def test_a_key_must_be_the_tables(
    client: Client, operation: str, request_of: Callable[[Any], dict[str, Any]], key: dict[str, Any]
) -> None:
    _make_rooms(client)
    client.ok("PutItem", TableName="rooms", Item=_TWO)
    assert client.error(operation, **request_of(key)) == "ValidationException"
    assert client.ok("Scan", TableName="rooms")["Items"] == [_TWO]
    client.ok(operation, **request_of({"connectionId": {"S": "a"}}))


@pytest.mark.parametrize(
    ("operation", "request_of"),
    [
        ("PutItem", lambda item: {"TableName": "rooms", "Item": item}),
        ("BatchWriteItem", lambda item: {"RequestItems": {"rooms": [{"PutRequest": {"Item": item}}]}}),
        (
            "TransactWriteItems",
            lambda item: {"TransactItems": [{"Put": {"TableName": "rooms", "Item": item}}]},
        ),
    ],
)
def test_what_an_index_is_keyed_by_has_its_type(
    client: Client, operation: str, request_of: Callable[[Any], dict[str, Any]]
) -> None:
    _make_rooms(client)
    assert client.error(operation, **request_of(_MISTYPED)) == "ValidationException"
    assert client.ok("Scan", TableName="rooms")["Items"] == []
    client.ok(operation, **request_of(ROW))  # it has no room, and is not in the index


def test_an_index_that_the_table_does_not_have_cannot_be_asked(client: Client) -> None:
    _make_rooms(client)
    query: dict[str, Any] = {
        "TableName": "rooms",
        "KeyConditionExpression": "room = :room",
        "ExpressionAttributeValues": {":room": {"S": "x"}},
    }
    assert client.ok("Query", **query, IndexName="by-room")["Items"] == []
    assert client.error("Query", **query, IndexName="by-rom") == "ValidationException"
    assert client.error("Scan", TableName="rooms", IndexName="by-rom") == "ValidationException"


def test_a_page_goes_on_from_a_key_of_the_table_or_index_that_is_read(client: Client) -> None:
    _make_rooms(client)
    whole: dict[str, Any] = {"TableName": "rooms"}
    by_room = {**whole, "IndexName": "by-room"}
    here, elsewhere = {"connectionId": {"S": "a"}}, {"room": {"S": "x"}}
    for scan, start in ((whole, here), (by_room, _TWO)):
        client.ok("Scan", **scan, ExclusiveStartKey=start)
    for scan, start in ((whole, _TWO), (whole, elsewhere), (by_room, elsewhere), (by_room, here)):
        assert client.error("Scan", **scan, ExclusiveStartKey=start) == "ValidationException"


@pytest.mark.parametrize(
    ("expression", "names", "refused"),
    [
        ("room <> :me", {}, True),
        ("#r <> :me", {"#r": "room"}, True),
        ("attribute_exists(room) AND nick <> :me", {}, True),
        ("connectionId <> :me", {}, False),
        ("nick.room <> :me", {}, False),
        ("#r <> :me", {"#r": "rooms"}, False),
        ("nick <> :me", {}, False),
    ],
)
def test_a_query_filters_by_no_attribute_that_it_asks_by(
    client: Client, expression: str, names: dict[str, str], refused: bool
) -> None:
    _make_rooms(client)
    query: dict[str, Any] = {
        "TableName": "rooms",
        "IndexName": "by-room",
        "KeyConditionExpression": "room = :room",
        "FilterExpression": expression,
        "ExpressionAttributeValues": {":room": {"S": "x"}, ":me": {"S": "a"}},
    }
    if names:
        query["ExpressionAttributeNames"] = names
    if refused:
        assert client.error("Query", **query) == "ValidationException"
    else:
        assert client.ok("Query", **query)["Items"] == []


def _make_rooms(client: Client) -> None:
    string = [{"AttributeName": name, "AttributeType": "S"} for name in ("connectionId", "room")]
    by_room = {
        "IndexName": "by-room",
        "KeySchema": [{"AttributeName": "room", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    make_table(client, "rooms", AttributeDefinitions=string, GlobalSecondaryIndexes=[by_room])


def test_what_breaks_the_engine_is_answered(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_: object) -> None:
        raise AssertionError("of moto's own")

    monkeypatch.setattr("moto.dynamodb.responses.DynamoHandler.list_tables", breaks)
    answer = DynamoDbEngine("123456789012").answer("ListTables", b"{}", REGION)
    assert (answer.status, json.loads(answer.body)["message"]) == (
        500,
        "the local engine cannot answer this ListTables",
    )
