"""What a request to DynamoDB is about."""

from __future__ import annotations

import json

import pytest

from reference_app.gateway.dynamodb.engine_calls import TableRequest, table_request


@pytest.mark.parametrize(
    ("parameters", "table"),
    [
        ({"TableName": "t"}, "t"),
        ({"RequestItems": {"t": []}}, "t"),
        ({"TransactItems": [{"Put": {"TableName": "t"}}]}, "t"),
        ({}, None),
        ({"TableName": 1}, None),
        ({"RequestItems": {}}, None),
        ({"TransactItems": [1, {"Put": None}]}, None),
    ],
)
def test_a_request_names_its_table_in_one_of_three_places(
    parameters: dict[str, object], table: str | None
) -> None:
    request = table_request("DynamoDB_20120810.Any", json.dumps(parameters).encode())
    assert (request.operation, request.table) == ("Any", table)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
def test_what_is_no_json_object_has_no_parameters(body: bytes) -> None:
    assert table_request("DynamoDB_20120810.Scan", body) == TableRequest("Scan", {})
