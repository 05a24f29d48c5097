"""WebSocket APIs of a template."""

from __future__ import annotations

from pathlib import Path

import pytest

from reference_app.gateway.stack_errors import TemplateError
from reference_app.gateway.template.application import Authorizer, Throttle, WebSocketApi
from reference_app.tests.template_writing import SMALLEST, application


def api(folder: Path, resources: str = SMALLEST) -> WebSocketApi:
    (result,) = application(folder, resources).apis
    return result


def test_a_route_leads_to_its_function(tmp_path: Path) -> None:
    route = api(tmp_path).routes["$connect"]

    assert route.function == "Fn"
    assert not route.two_way


def test_the_integration_timeout_is_29_seconds_unless_it_says_less(tmp_path: Path) -> None:
    """LM-7."""
    shorter = SMALLEST.replace("IntegrationType:", "TimeoutInMillis: 50\n    IntegrationType:")

    assert api(tmp_path).routes["$connect"].timeout_s == 29.0
    assert api(tmp_path, shorter).routes["$connect"].timeout_s == 0.05


def test_stage_and_selection_expression_are_the_templates(tmp_path: Path) -> None:
    result = api(tmp_path)

    assert (result.stage, result.route_selection_expression) == ("prod", "$request.body.action")


def test_stage_variables_are_text(tmp_path: Path) -> None:
    resources = SMALLEST.replace("StageName: prod", "StageName: prod, StageVariables: {n: 1}")

    assert api(tmp_path, resources).stage_variables == {"n": "1"}


def test_an_alias_leads_to_its_function(tmp_path: Path) -> None:
    alias = "Live: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref Fn, Name: live}}\n"
    resources = SMALLEST.replace("${Fn.Arn}", "${Live}") + alias

    assert api(tmp_path, resources).routes["$connect"].function == "Fn"


def two_way(expression: str, response_key: str) -> str:
    response = f"""
Response:
  Type: AWS::ApiGatewayV2::RouteResponse
  Properties: {{ApiId: !Ref Api, RouteId: !Ref Connect, RouteResponseKey: {response_key}}}
"""
    return (
        SMALLEST.replace("RouteKey:", f"RouteResponseSelectionExpression: {expression}, RouteKey:") + response
    )


@pytest.mark.parametrize(
    ("expression", "response_key", "is_two_way"),
    [("$default", "$default", True), ("$default", "other", False), ("$other", "$default", False)],
)
def test_a_route_is_two_way_with_selection_expression_and_default_response(
    tmp_path: Path, expression: str, response_key: str, *, is_two_way: bool
) -> None:
    """RT-34, RT-37."""
    assert api(tmp_path, two_way(expression, response_key)).routes["$connect"].two_way is is_two_way


def test_a_selection_expression_alone_makes_no_two_way_route(tmp_path: Path) -> None:
    """RT-37."""
    resources = SMALLEST.replace("RouteKey:", "RouteResponseSelectionExpression: $default, RouteKey:")

    assert not api(tmp_path, resources).routes["$connect"].two_way


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("Stage:\n", "Else:\n  Type: X::Y::Z\nStage:\n  Condition: Never\n", "not deployed to any stage"),
        ("${ToFn}", "nothing", "is no integration of this template"),
        ("${Fn.Arn}", "arn:aws:lambda:us-east-1:1:function:other", "names no function of this template"),
        ("/functions/${Fn.Arn}/invocations", "", "names no function of this template"),
        ("RouteKey: $connect,", "", "property RouteKey is missing"),
    ],
)
def test_a_route_that_leads_nowhere_is_refused(tmp_path: Path, old: str, new: str, problem: str) -> None:
    never = "Conditions: {Never: !Equals [1, 2]}"

    with pytest.raises(TemplateError, match=problem):
        application(tmp_path, SMALLEST.replace(old, new), head=never)


def test_an_api_without_routes_is_refused(tmp_path: Path) -> None:
    resources = SMALLEST.replace("Connect:\n", "Connect:\n  Condition: Never\n")

    with pytest.raises(TemplateError, match="the API has no route"):
        application(tmp_path, resources, head="Conditions: {Never: !Equals [1, 2]}")


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        ("RouteKey:", "AuthorizationType: JWT, RouteKey:", "authorization JWT is left out"),
        ("RouteKey:", "ApiKeyRequired: true, RouteKey:", "no usage plan holds an API key"),
        (
            "\nFn:\n",
            "\nStage2: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api}}\nFn:\n",
            "first stage",
        ),
        (
            "\nFn:\n",
            "\nHttp: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}\nFn:\n",
            "HTTP APIs",
        ),
    ],
)
def test_what_is_left_out_is_said(tmp_path: Path, old: str, new: str, warning: str) -> None:
    warnings = application(tmp_path, SMALLEST.replace(old, new)).warnings

    assert any(warning in sentence for sentence in warnings)


def test_a_route_may_want_its_handshake_signed(tmp_path: Path) -> None:
    """HS-22."""
    resources = SMALLEST.replace("RouteKey:", "AuthorizationType: AWS_IAM, RouteKey:")

    assert api(tmp_path, resources).routes["$connect"].iam


def test_a_route_without_a_lambda_integration_stays_without_a_function(tmp_path: Path) -> None:
    others = """
Other:
  Type: AWS::ApiGatewayV2::Route
  Properties: {ApiId: !Ref Api, RouteKey: other, Target: !Sub "integrations/${ToHttp}"}
ToHttp:
  Type: AWS::ApiGatewayV2::Integration
  Properties: {ApiId: !Ref Api, IntegrationType: HTTP}
None:
  Type: AWS::ApiGatewayV2::Route
  Properties: {ApiId: !Ref Api, RouteKey: none}
"""
    result = application(tmp_path, SMALLEST + others)

    routes = result.apis[0].routes
    assert (routes["other"].function, routes["none"].function) == (None, None)
    assert any("type HTTP are not run" in warning for warning in result.warnings)
    assert any("has no integration" in warning for warning in result.warnings)


GUARDED = (
    SMALLEST.replace("RouteKey:", "AuthorizationType: CUSTOM, AuthorizerId: !Ref Guard, RouteKey:")
    + """
Guard:
  Type: AWS::ApiGatewayV2::Authorizer
  Properties:
    ApiId: !Ref Api
    AuthorizerType: REQUEST
    AuthorizerUri: !Sub arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${Asked.Arn}/invocations
    IdentitySource: [route.request.header.Auth]
Asked:
  Type: AWS::Lambda::Function
  Properties: {Code: code, Handler: app.handler, Runtime: python3.12}
"""
)


def test_a_route_names_its_authorizer_whose_function_runs_too(tmp_path: Path) -> None:
    """HS-20."""
    result = application(tmp_path, GUARDED)

    authorizer = result.apis[0].routes["$connect"].authorizer
    assert authorizer == Authorizer("Asked", ("route.request.header.Auth",))
    assert set(result.functions) == {"Asked", "Fn"}
    assert result.warnings == ()


def test_an_authorizer_from_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="'abc123' is no authorizer of this template"):
        application(tmp_path, GUARDED.replace("!Ref Guard", "abc123"))


@pytest.mark.parametrize(
    ("default", "own", "throttle"),
    [
        ("{ThrottlingRateLimit: 5, ThrottlingBurstLimit: '2'}", "{}", Throttle(5.0, 2)),
        ("{ThrottlingRateLimit: 5, ThrottlingBurstLimit: 2}", "{ThrottlingRateLimit: 1.5}", Throttle(1.5, 2)),
        ("{}", "{ThrottlingBurstLimit: 1}", Throttle(10_000.0, 1)),
        ("{ThrottlingRateLimit: 7}", "{LoggingLevel: INFO}", Throttle(7.0, 5_000)),
        ("{LoggingLevel: INFO}", "{}", None),
    ],
)
def test_a_route_is_throttled_as_it_says_or_else_its_stage(
    tmp_path: Path, default: str, own: str, throttle: Throttle | None
) -> None:
    """LM-13, LM-14."""
    settings = f"DefaultRouteSettings: {default}, RouteSettings: {{$connect: {own}}}, StageName:"

    assert api(tmp_path, SMALLEST.replace("StageName:", settings)).routes["$connect"].throttle == throttle


@pytest.mark.parametrize("own", ["{ThrottlingRateLimit: often}", "5"])
def test_a_throttle_that_is_no_number_is_refused(tmp_path: Path, own: str) -> None:
    settings = SMALLEST.replace("StageName:", f"RouteSettings: {{$connect: {own}}}, StageName:")

    with pytest.raises(TemplateError, match=r"throttle of \$connect|property RouteSettings"):
        api(tmp_path, settings)
