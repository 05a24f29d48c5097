"""The reference template is one that CloudFormation takes, and grants no more than the functions use."""

from __future__ import annotations

import copy
import os
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from cfnlint.api import lint_file  # type: ignore[import-untyped]
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

import reference_app
from reference_app.survey.survey_target import PROBE_APP

TEMPLATE = Path(reference_app.__file__).with_name("template.yaml")


class ManagedPolicies:
    """The one managed policy that SAM adds by itself; no call to IAM."""

    def load(self) -> dict[str, str]:
        name = "AWSLambdaBasicExecutionRole"
        return {name: f"arn:aws:iam::aws:policy/service-role/{name}"}


@pytest.fixture(scope="module")
def source() -> dict[str, Any]:
    template: dict[str, Any] = yaml_parse(TEMPLATE.read_text())
    return template


@pytest.fixture(scope="module")
def resources(source: dict[str, Any]) -> dict[str, Any]:
    """What SAM makes of the template, as `sam deploy` hands it over: with the code uploaded."""
    template = copy.deepcopy(source)
    template["Globals"]["Function"]["CodeUri"] = "s3://bucket/chat.zip"
    with mock.patch.dict(os.environ, {"AWS_DEFAULT_REGION": "eu-west-1"}):
        transformed: dict[str, Any] = transform(template, {}, ManagedPolicies())
    made: dict[str, Any] = transformed["Resources"]
    return made


def of_type(resources: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [resource["Properties"] for resource in resources.values() if resource["Type"] == kind]


def statements(resources: dict[str, Any], role: str) -> list[dict[str, Any]]:
    policies = resources[role]["Properties"]["Policies"]
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


@pytest.mark.parametrize("template", [TEMPLATE, PROBE_APP], ids=["reference", "survey"])
def test_cfn_lint_finds_nothing(template: Path) -> None:
    assert lint_file(template) == []


def test_the_routes_are_connect_disconnect_and_sendmessage_and_all_are_one_way(
    resources: dict[str, Any],
) -> None:
    routes = of_type(resources, "AWS::ApiGatewayV2::Route")
    assert {route["RouteKey"] for route in routes} == {"$connect", "$disconnect", "sendmessage"}
    assert not any("RouteResponseSelectionExpression" in route for route in routes)


def test_the_selection_expression_and_the_stage_are_parameters(
    source: dict[str, Any], resources: dict[str, Any]
) -> None:
    [api] = of_type(resources, "AWS::ApiGatewayV2::Api")
    [stage] = of_type(resources, "AWS::ApiGatewayV2::Stage")
    assert api["RouteSelectionExpression"] == {"Ref": "RouteSelectionExpression"}
    assert source["Parameters"]["RouteSelectionExpression"]["Default"] == "$request.body.action"
    assert stage["StageName"] == {"Ref": "StageName"}


def test_the_table_is_keyed_by_connection_id_and_expires_rows(resources: dict[str, Any]) -> None:
    [table] = of_type(resources, "AWS::DynamoDB::Table")
    assert table["KeySchema"] == [{"AttributeName": "connectionId", "KeyType": "HASH"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expiresAt", "Enabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"


@pytest.mark.parametrize(
    ("role", "actions"),
    [
        ("ConnectRole", {"dynamodb:PutItem"}),
        ("DisconnectRole", {"dynamodb:DeleteItem"}),
        ("SendMessageRole", {"dynamodb:Scan", "dynamodb:DeleteItem", "execute-api:ManageConnections"}),
    ],
)
def test_each_function_may_do_what_it_does_and_no_more(
    resources: dict[str, Any], role: str, actions: set[str]
) -> None:
    allowed: set[str] = set()
    for statement in statements(resources, role):
        action = statement["Action"]
        allowed |= {action} if isinstance(action, str) else set(action)
    assert allowed == actions


def test_the_only_wildcard_is_the_connection_id_of_this_stage(resources: dict[str, Any]) -> None:
    granted = [
        statement["Resource"]
        for role in ("ConnectRole", "DisconnectRole", "SendMessageRole")
        for statement in statements(resources, role)
    ]
    assert [resource for resource in granted if "*" in str(resource)] == [
        {
            "Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:"
            "${ChatApi}/${StageName}/POST/@connections/*"
        }
    ]


def test_sendmessage_ends_before_the_integration_times_out(resources: dict[str, Any]) -> None:
    assert resources["SendMessage"]["Properties"]["Timeout"] < 29


def test_sendmessage_knows_how_long_a_connect_may_last(resources: dict[str, Any]) -> None:
    variables = resources["SendMessage"]["Properties"]["Environment"]["Variables"]
    assert variables["CONNECT_TIMEOUT_SECONDS"] == resources["Connect"]["Properties"]["Timeout"]


def test_every_handler_is_a_module_of_the_code_folder(source: dict[str, Any]) -> None:
    code = TEMPLATE.parent / source["Globals"]["Function"]["CodeUri"]
    for name in ("Connect", "Disconnect", "SendMessage"):
        module, function = source["Resources"][name]["Properties"]["Handler"].rsplit(".", 1)
        text = code.joinpath(*module.split(".")).with_suffix(".py").read_text()
        assert f"def {function}(" in text


def test_the_outputs_are_what_a_target_needs(source: dict[str, Any]) -> None:
    assert set(source["Outputs"]) == {"WebSocketUrl", "ManagementEndpoint", "TableName"}
