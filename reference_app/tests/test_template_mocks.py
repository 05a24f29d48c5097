"""MOCK integrations of a template: MK-1, MK-2."""

from __future__ import annotations

from pathlib import Path

import pytest

from reference_app.gateway.template.application import Application, Mock
from reference_app.tests.template_writing import SMALLEST, application

MOCK = """
Ping:
  Type: AWS::ApiGatewayV2::Route
  Properties:
    ApiId: !Ref Api
    RouteKey: ping
    RouteResponseSelectionExpression: $default
    Target: !Sub "integrations/${M}"
PingResponse:
  Type: AWS::ApiGatewayV2::RouteResponse
  Properties: {ApiId: !Ref Api, RouteId: !Ref Ping, RouteResponseKey: $default}
M:
  Type: AWS::ApiGatewayV2::Integration
  Properties: {ApiId: !Ref Api, IntegrationType: MOCK, REQUEST}
"""
RESPONSE = """
Pong:
  Type: AWS::ApiGatewayV2::IntegrationResponse
  Properties: {ApiId: !Ref Api, IntegrationId: !Ref M, IntegrationResponseKey: KEY, TEMPLATES}
"""
OK = """TemplateSelectionExpression: \\$default, RequestTemplates: {$default: '{"statusCode": 200}'}"""
PONG = "ResponseTemplates: {$default: pong}"


def read(folder: Path, request: str, response: str = PONG, key: str = "$default") -> Application:
    answer = RESPONSE.replace("KEY", key).replace("TEMPLATES", response)
    return application(folder, SMALLEST + MOCK.replace("REQUEST", request) + answer)


def mock(result: Application) -> Mock | None:
    route = result.apis[0].routes["ping"]
    assert route.function is None
    return route.mock


@pytest.mark.parametrize("key", ["$default", "/200/", "/2\\d\\d/"])
def test_status_and_body_are_the_templates_constants(tmp_path: Path, key: str) -> None:
    result = read(tmp_path, OK, key=key)

    assert mock(result) == Mock(200, "pong")
    assert result.apis[0].routes["ping"].two_way
    assert result.warnings == ()


def test_one_template_is_chosen_by_the_expression(tmp_path: Path) -> None:
    templates = """RequestTemplates: {"yes": '{"statusCode": 200}', "no": '{"statusCode": 403}'}"""

    assert mock(read(tmp_path, f'{templates}, TemplateSelectionExpression: "no"')) == Mock(403, "pong")


def test_a_response_for_another_status_has_no_body(tmp_path: Path) -> None:
    assert mock(read(tmp_path, OK, key="/4\\d\\d/")) == Mock(200, None)


def test_without_a_response_template_there_is_no_body(tmp_path: Path) -> None:
    assert mock(read(tmp_path, OK, "ResponseParameters: {}")) == Mock(200, None)


@pytest.mark.parametrize(
    "request_", ["Description: x", "RequestTemplates: {a: '{}'}", "RequestTemplates: {a: 'x'}"]
)
def test_a_request_template_without_a_status_states_none(tmp_path: Path, request_: str) -> None:
    assert mock(read(tmp_path, request_)) == Mock(None, "pong")


@pytest.mark.parametrize(
    ("request_", "response"),
    [
        (OK, "ResponseTemplates: {$default: '$context.connectionId'}"),
        (OK, "ResponseTemplates: {$default: '#set($x = 1)'}"),
        (OK, "TemplateSelectionExpression: '${integration.response.x}', ResponseTemplates: {a: b, c: d}"),
        ("RequestTemplates: {a: '{\"statusCode\": $input.path(1)}'}", PONG),
    ],
)
def test_what_depends_on_the_message_is_warned_of(tmp_path: Path, request_: str, response: str) -> None:
    result = read(tmp_path, request_, response)

    assert mock(result) is None
    assert "of mapping templates only constants are evaluated here" in result.warnings[0]
