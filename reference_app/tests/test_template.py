"""From a template to the application that runs."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from reference_app.gateway.functions import node_runtime
from reference_app.gateway.stack_errors import ParameterError, StackError, TemplateError
from reference_app.gateway.template.template import application_of, check_application, read_application
from reference_app.gateway.template.template_document import document_of, read_document
from reference_app.tests.template_writing import SMALLEST, application

APPS = Path(__file__).with_name("apps")


def test_a_serverless_api_is_read_with_its_two_way_route() -> None:
    result = read_application(APPS / "echo" / "template.yaml", {})

    (api,) = result.apis
    assert (api.stage, dict(api.stage_variables)) == ("dev", {"colour": "blue"})
    assert api.routes["echo"].function == "Echo"
    assert api.routes["echo"].two_way
    assert api.routes["echo"].timeout_s == 5.0
    assert not api.routes["$connect"].two_way
    assert result.warnings == ()


def test_plain_resources_are_read_as_samples_write_them() -> None:
    result = read_application(APPS / "classic" / "template.yaml", {"TableName": "other"})

    (api,) = result.apis
    assert {key: route.function for key, route in api.routes.items()} == {
        "$connect": "OnConnect",
        "sendmessage": "SendMessage",
    }
    assert result.tables[0].name == "other"
    assert result.functions["OnConnect"].environment == {"TABLE_NAME": "other"}
    assert result.functions["OnConnect"].code == APPS / "classic" / "onconnect"
    assert result.warnings == ()


def test_a_simple_table_is_a_table() -> None:
    (table,) = read_application(APPS / "announcing" / "template.yaml", {"StageName": "dev"}).tables

    assert table.create["KeySchema"] == [{"AttributeName": "connectionId", "KeyType": "HASH"}]
    assert table.create["BillingMode"] == "PAY_PER_REQUEST"


def test_the_same_template_gives_the_same_names() -> None:
    path = APPS / "announcing" / "template.yaml"

    assert read_application(path, {}) == read_application(path, {})


def test_a_parameter_that_is_not_declared_is_refused() -> None:
    with pytest.raises(ParameterError, match="no parameter Colour; its parameters: StageName"):
        read_application(APPS / "announcing" / "template.yaml", {"Colour": "red"})


def test_a_template_without_a_websocket_api_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError) as caught:
        application(tmp_path, "Topic: {Type: AWS::SNS::Topic}")

    assert "the template has no WebSocket API" in str(caught.value)
    assert "AWS::Serverless::WebSocketApi" in str(caught.value)


def test_resources_without_a_local_meaning_pass_in_silence(tmp_path: Path) -> None:
    kinds = (
        *("AWS::IAM::Role", "AWS::Lambda::Permission", "AWS::Logs::LogGroup", "AWS::CloudWatch::Alarm"),
        *("AWS::EC2::VPCGatewayAttachment", "AWS::EC2::SubnetRouteTableAssociation", "AWS::SQS::QueuePolicy"),
    )
    more = "".join(f"R{number}: {{Type: {kind}}}\n" for number, kind in enumerate(kinds))

    assert application(tmp_path, SMALLEST + more).warnings == ()


def test_resources_that_do_not_run_are_named_with_their_line(tmp_path: Path) -> None:
    (warning,) = application(tmp_path, SMALLEST + "Topic: {Type: AWS::SNS::Topic}\n").warnings

    assert warning.startswith("template.yaml:")
    assert "Topic (AWS::SNS::Topic): resources of this type are not run here" in warning


def test_a_function_that_no_route_calls_is_not_run(tmp_path: Path) -> None:
    other = "Cron: {Type: AWS::Lambda::Function, Properties: {Code: elsewhere}}\n"

    result = application(tmp_path, SMALLEST + other)

    assert set(result.functions) == {"Fn"}
    assert "Cron (AWS::Lambda::Function): no route calls it, and it is not run" in result.warnings[0]


def test_a_function_that_cannot_run_here_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_runtime, "installed_version", lambda: None)
    result = read_application(APPS / "classic" / "template.yaml", {})

    with pytest.raises(TemplateError, match=r"function OnConnect: it needs Node\.js.* 20\.6 or later"):
        check_application(result)


def test_who_has_built_is_told_where_that_is(tmp_path: Path) -> None:
    result = application(tmp_path, SMALLEST.replace("app.handler", "other.handler"))
    built = tmp_path / ".aws-sam" / "build" / "template.yaml"

    with pytest.raises(TemplateError, match="if `sam build` makes it"):
        check_application(result)
    built.parent.mkdir(parents=True)
    built.touch()
    with pytest.raises(TemplateError, match=f"`sam build` has been run here: give {built}"):
        check_application(result)


def test_a_build_method_is_named_where_its_result_is_missing(tmp_path: Path) -> None:
    resources = SMALLEST + "  Metadata: {BuildMethod: esbuild}\n"
    result = application(tmp_path, resources.replace("app.handler", "other.handler"))

    with pytest.raises(TemplateError, match="BuildMethod esbuild makes it: run `sam build`"):
        check_application(result)


def test_a_function_that_only_may_be_invoked_keeps_nothing_from_starting(tmp_path: Path) -> None:
    inline = "Aside: {Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: x}, Handler: index.h, "

    check_application(application(tmp_path, SMALLEST + inline + "Runtime: java21}}\n"))


def test_functions_that_can_run_pass() -> None:
    check_application(read_application(APPS / "echo" / "template.yaml", {}))


SAM_WITH_REST_API = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Runtime: python3.12
      Events: {Get: {Type: Api, Properties: {Path: /, Method: get}}}
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      Routes: {$connect: {FunctionArn: !GetAtt Fn.Arn}}
"""
ODD_VALUES: tuple[Any, ...] = (None, [], "x", 5, {"a": 1}, {"Ref": "Nobody"})


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything in a template."""
    if path:
        yield path
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, entry in entries:
        yield from paths(entry, (*path, key))


def read_or_refused(content: Any, path: Path) -> str | None:
    try:
        application_of(document_of(content, path, {}), {})
    except StackError as refused:
        return str(refused)
    return None


def test_what_sam_adds_is_named_without_a_line(tmp_path: Path) -> None:
    (tmp_path / "app.py").touch()
    path = tmp_path / "template.yaml"
    path.write_text(SAM_WITH_REST_API)

    assert read_application(path, {}).warnings == (
        "template.yaml: ServerlessRestApi (AWS::ApiGateway::RestApi, which SAM adds): "
        "resources of this type are not run here",
    )


def test_whatever_is_odd_in_a_template_it_is_read_or_refused_in_words() -> None:
    document = read_document(APPS / "featured" / "template.yaml")
    outcomes = []
    for path in paths(document.content):
        for odd in ODD_VALUES:
            changed = copy.deepcopy(document.content)
            holder = changed
            for key in path[:-1]:
                holder = holder[key]
            holder[path[-1]] = odd
            outcomes.append(read_or_refused(changed, document.path))

    assert None in outcomes
    assert all(
        outcome is None or document.path.name in outcome or "parameter" in outcome for outcome in outcomes
    )


def test_a_global_table_is_a_table_here(tmp_path: Path) -> None:
    table = """
    Rows:
      Type: AWS::DynamoDB::GlobalTable
      Properties:
        TableName: rows
        BillingMode: PROVISIONED
        KeySchema: [{AttributeName: id, KeyType: HASH}]
        AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
        Replicas: [{Region: us-east-1}]
    """
    found = application(tmp_path, SMALLEST + dedent(table))
    assert [(table.name, table.create["BillingMode"]) for table in found.tables] == [
        ("rows", "PAY_PER_REQUEST")
    ]
    assert found.warnings == ()


def test_two_apis_with_one_stage_name_are_warned_of(tmp_path: Path) -> None:
    names = ("Api", "Connect", "ToFn", "Stage")
    second = SMALLEST[: SMALLEST.index("Fn:\n  Type: AWS::Lambda")]
    for name in names:
        second = re.sub(rf"(^|!Ref |\{{){name}\b", rf"\1Second{name}", second, flags=re.M)
    found = application(tmp_path, SMALLEST + second)
    assert len(found.warnings) == 2
    assert all("several APIs have a stage prod: its URL reaches Api" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ("DeadLetterConfig: {TargetArn: 'arn:aws:sqs:us-east-1:1:q'}", "go to no dead-letter queue here"),
        (
            "Environment: {Variables: {KEY: '{{resolve:ssm:/key:1}}'}}",
            "its variable KEY stays {{resolve:ssm:/key:1}}: nothing is looked up here",
        ),
    ],
)
def test_what_a_function_asks_for_and_does_not_get_is_warned_of(
    tmp_path: Path, properties: str, said: str
) -> None:
    given = SMALLEST.replace("Runtime: python3.12}", f"Runtime: python3.12, {properties}}}")
    (warning,) = application(tmp_path, given).warnings
    assert said in warning


_SYNTHESIZED = """
{
  "Resources": {
    "Fn": {
      "Type": "AWS::Lambda::Function",
      "Properties": {
        "Code": {"S3Bucket": {"Fn::Sub": "cdk-assets-${AWS::AccountId}"}, "S3Key": "0a1b.zip"},
        "Handler": "app.handler", "Runtime": "python3.12", "Role": {"Fn::GetAtt": ["Role", "Arn"]}
      },
      "Metadata": {"aws:asset:path": "asset.0a1b", "aws:asset:property": "Code"}
    },
    "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}},
    "Api": {
      "Type": "AWS::ApiGatewayV2::Api",
      "Properties": {
        "Name": "chat", "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"
      }
    },
    "Connect": {
      "Type": "AWS::ApiGatewayV2::Route",
      "Properties": {
        "ApiId": {"Ref": "Api"}, "AuthorizationType": "NONE", "RouteKey": "$connect",
        "Target": {"Fn::Join": ["", ["integrations/", {"Ref": "ToFn"}]]}
      }
    },
    "ToFn": {
      "Type": "AWS::ApiGatewayV2::Integration",
      "Properties": {
        "ApiId": {"Ref": "Api"}, "IntegrationType": "AWS_PROXY",
        "IntegrationUri": {"Fn::Join": ["", [
          "arn:", {"Ref": "AWS::Partition"}, ":apigateway:", {"Ref": "AWS::Region"},
          ":lambda:path/2015-03-31/functions/", {"Fn::GetAtt": ["Fn", "Arn"]}, "/invocations"
        ]]}
      }
    },
    "Stage": {
      "Type": "AWS::ApiGatewayV2::Stage",
      "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "prod", "AutoDeploy": true}
    },
    "CDKMetadata": {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "v2"}}
  },
  "Parameters": {
    "BootstrapVersion": {
      "Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/hnb659fds/version"
    }
  },
  "Rules": {
    "CheckBootstrapVersion": {
      "Assertions": [{"Assert": {"Fn::Not": [{"Fn::Contains": [["1"], {"Ref": "BootstrapVersion"}]}]}}]
    }
  }
}
"""


def test_what_the_cdk_synthesizes_needs_neither_its_bucket_nor_its_bootstrap(tmp_path: Path) -> None:
    (tmp_path / "asset.0a1b").mkdir()
    (tmp_path / "asset.0a1b" / "app.py").touch()
    path = tmp_path / "ChatStack.template.json"
    path.write_text(_SYNTHESIZED)
    found = read_application(path, {})
    assert found.functions["Fn"].code == tmp_path / "asset.0a1b"
    assert found.warnings == ()
    assert read_application(path, {"BootstrapVersion": "21"}).functions == found.functions
    without = tmp_path / "without.template.json"
    without.write_text(
        _SYNTHESIZED.replace('"aws:asset:path": "asset.0a1b"', '"aws:cdk:path": "S/Fn/Resource"')
    )
    assert read_application(without, {}).functions["Fn"].code == tmp_path / "asset.0a1b"
