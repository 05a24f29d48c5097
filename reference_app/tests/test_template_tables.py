"""DynamoDB tables of a template."""

from __future__ import annotations

import pytest

from reference_app.gateway.stack_errors import TemplateError
from reference_app.gateway.template.application import Table
from reference_app.gateway.template.template_tables import read_table
from reference_app.tests.template_writing import resolved_template

KEY = (
    "AttributeDefinitions: [{AttributeName: id, AttributeType: S}], "
    "KeySchema: [{AttributeName: id, KeyType: HASH}]"
)


def table(properties: str) -> Table:
    template = resolved_template(f"T: {{Type: AWS::DynamoDB::Table, Properties: {{{properties}}}}}")
    return read_table(template, "T")


def test_a_table_is_on_demand_unless_it_says_otherwise() -> None:
    assert table(KEY).create["BillingMode"] == "PAY_PER_REQUEST"


def test_provisioned_units_may_come_as_text() -> None:
    create = table(f"{KEY}, ProvisionedThroughput: {{ReadCapacityUnits: '5', WriteCapacityUnits: 6}}").create

    assert create["ProvisionedThroughput"] == {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}


def test_key_and_name_are_taken_over() -> None:
    result = table(f"{KEY}, TableName: t")

    assert (result.name, result.create["TableName"]) == ("t", "t")
    assert result.create["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert result.create["AttributeDefinitions"] == [{"AttributeName": "id", "AttributeType": "S"}]


def test_indexes_keep_what_create_table_takes() -> None:
    index = "{IndexName: i, KeySchema: [], Projection: {ProjectionType: ALL}, WarmThroughput: {}}"
    result = table(f"{KEY}, GlobalSecondaryIndexes: [{index}], LocalSecondaryIndexes: [{index}]").create

    kept = [{"IndexName": "i", "KeySchema": [], "Projection": {"ProjectionType": "ALL"}}]
    assert (result["GlobalSecondaryIndexes"], result["LocalSecondaryIndexes"]) == (kept, kept)


def test_an_indexs_units_are_numbers() -> None:
    units = "{ReadCapacityUnits: '1', WriteCapacityUnits: '2'}"
    index = f"{{IndexName: i, KeySchema: [], ProvisionedThroughput: {units}}}"
    (result,) = table(f"{KEY}, GlobalSecondaryIndexes: [{index}]").create["GlobalSecondaryIndexes"]

    assert result["ProvisionedThroughput"] == {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2}


def test_a_stream_is_switched_on_by_its_view_type() -> None:
    create = table(f"{KEY}, StreamSpecification: {{StreamViewType: NEW_IMAGE}}").create

    assert create["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}


@pytest.mark.parametrize(
    ("specification", "attribute"),
    [
        ("{AttributeName: expires, Enabled: true}", "expires"),
        ("{AttributeName: expires, Enabled: 'true'}", "expires"),
        ("{AttributeName: expires, Enabled: false}", None),
        ("{AttributeName: expires}", None),
    ],
)
def test_ttl_is_the_attribute_of_an_enabled_specification(specification: str, attribute: str | None) -> None:
    assert table(f"{KEY}, TimeToLiveSpecification: {specification}").ttl_attribute == attribute


@pytest.mark.parametrize(
    "properties",
    [
        f"{KEY}, ProvisionedThroughput: {{ReadCapacityUnits: many, WriteCapacityUnits: 1}}",
        f"{KEY}, ProvisionedThroughput: {{ReadCapacityUnits: 1}}",
        f"{KEY}, StreamSpecification: {{A: b}}",
        f"{KEY}, TimeToLiveSpecification: {{Enabled: true}}",
    ],
)
def test_a_table_that_create_table_would_not_take_is_refused(properties: str) -> None:
    with pytest.raises(TemplateError, match="not described as CreateTable wants it"):
        table(properties)


def test_a_table_without_a_key_is_refused() -> None:
    with pytest.raises(TemplateError, match=r"T \(AWS::DynamoDB::Table\): its KeySchema has no HASH key"):
        table("TableName: t")
