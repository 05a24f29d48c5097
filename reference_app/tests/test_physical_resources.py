"""Names of created resources."""

from __future__ import annotations

import re
from typing import Any

import pytest

from reference_app.gateway.template.physical_resources import PhysicalResources, derived

RESOURCES: dict[str, Any] = {
    "Api": {"Type": "AWS::ApiGatewayV2::Api"},
    "Stage": {"Type": "AWS::ApiGatewayV2::Stage", "Properties": {"StageName": "prod"}},
    "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "t"}},
    "Unnamed": {"Type": "AWS::DynamoDB::Table"},
    "Fn": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "f"}},
    "Version": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": "f"}},
    "Live": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": "f", "Name": "live"}},
    "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q"}},
    "Setting": {"Type": "AWS::SSM::Parameter", "Properties": {"Value": "v"}},
    "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "n"}},
    "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r"}},
    "Thing": {"Type": "AWS::Kinesis::Stream"},
}


def physical(seed: str = "here") -> PhysicalResources:
    return PhysicalResources(RESOURCES, lambda value: value, "local", seed, "eu-west-1", "123456789012")


def test_an_api_id_has_ten_characters_and_stays_the_same() -> None:
    """EV-36."""
    assert re.fullmatch("[a-z0-9]{10}", physical().api_id("Api"))
    assert physical().reference("Api") == physical().api_id("Api")
    assert physical("here").api_id("Api") != physical("there").api_id("Api")


@pytest.mark.parametrize(
    ("logical_id", "value"),
    [
        ("Stage", "prod"),
        ("Table", "t"),
        ("Fn", "f"),
        ("Queue", "https://sqs.eu-west-1.amazonaws.com/123456789012/q"),
        ("Topic", "arn:aws:sns:eu-west-1:123456789012:n"),
        ("Version", "arn:aws:lambda:eu-west-1:123456789012:function:f:1"),
        ("Live", "arn:aws:lambda:eu-west-1:123456789012:function:f:live"),
    ],
)
def test_ref_gives_what_cloudformation_gives(logical_id: str, value: str) -> None:
    assert physical().reference(logical_id) == value


@pytest.mark.parametrize(
    ("logical_id", "attribute", "value"),
    [
        ("Table", "Arn", "arn:aws:dynamodb:eu-west-1:123456789012:table/t"),
        ("Fn", "Arn", "arn:aws:lambda:eu-west-1:123456789012:function:f"),
        ("Role", "Arn", "arn:aws:iam::123456789012:role/r"),
        ("Live", "AliasArn", "arn:aws:lambda:eu-west-1:123456789012:function:f:live"),
        ("Queue", "QueueName", "q"),
    ],
)
def test_getatt_gives_what_cloudformation_gives(logical_id: str, attribute: str, value: str) -> None:
    assert physical().attribute(logical_id, attribute) == value


def test_an_apis_endpoint_is_its_execute_api_address() -> None:
    """HS-1."""
    api_id = physical().api_id("Api")

    assert physical().attribute("Api", "ApiEndpoint") == f"wss://{api_id}.execute-api.eu-west-1.amazonaws.com"


def test_a_tables_stream_belongs_to_the_table() -> None:
    arn = physical().attribute("Table", "Arn")

    assert physical().attribute("Table", "StreamArn").startswith(f"{arn}/stream/")


def test_a_resource_of_another_type_has_an_arn_of_its_service() -> None:
    assert physical().attribute("Thing", "Arn").startswith("arn:aws:kinesis:eu-west-1:123456789012:")


def test_a_name_that_is_not_given_is_made_of_stack_and_logical_id() -> None:
    assert re.fullmatch("local-Unnamed-[A-Z0-9]{12}", physical().name("Unnamed"))


@pytest.mark.parametrize(("logical_id", "attribute"), [("Nobody", "Arn"), ("Table", "Colour")])
def test_what_is_unknown_is_a_key_error(logical_id: str, attribute: str) -> None:
    with pytest.raises(KeyError):
        physical().attribute(logical_id, attribute)


def test_derived_characters_depend_on_the_seed_alone() -> None:
    assert derived("x", 12) == derived("x", 12) != derived("y", 12)


def test_a_queue_tells_its_url_and_a_parameter_its_value() -> None:
    assert physical().attribute("Queue", "QueueUrl") == physical().reference("Queue")
    assert physical().attribute("Setting", "Value") == "v"
