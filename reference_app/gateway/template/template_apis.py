"""WebSocket APIs of a template: routes, what they call, the stage they are deployed to."""

from __future__ import annotations

import re
from dataclasses import replace

from reference_app.gateway.template.application import Authorizer, Route, Throttle, WebSocketApi
from reference_app.gateway.template.resolved_template import ResolvedTemplate
from reference_app.gateway.template.template_api_keys import read_api_keys
from reference_app.gateway.template.template_domains import read_domains
from reference_app.gateway.template.template_functions import environment_text, function_named
from reference_app.gateway.template.template_mocks import read_mock
from reference_app.gateway.template.template_models import read_models
from reference_app.gateway.template.template_throttles import read_throttle

API = "AWS::ApiGatewayV2::Api"
AUTHORIZER = "AWS::ApiGatewayV2::Authorizer"
ROUTE = "AWS::ApiGatewayV2::Route"
INTEGRATION = "AWS::ApiGatewayV2::Integration"
ROUTE_RESPONSE = "AWS::ApiGatewayV2::RouteResponse"
STAGE = "AWS::ApiGatewayV2::Stage"

_FUNCTION_IN_URI = re.compile(r":function:([^:/]+)")
_LONGEST_INTEGRATION_MS = 29_000  # LM-7


def read_apis(template: ResolvedTemplate) -> tuple[WebSocketApi, ...]:
    """Every WebSocket API of the template, in its order.

    Raises TemplateError for an API without a stage, and for a route whose target cannot be told.
    """
    return tuple(
        _read_api(template, logical_id)
        for logical_id in template.of_type(API)
        if _speaks(template, logical_id)
    )


def _speaks(template: ResolvedTemplate, logical_id: str) -> bool:
    """Whether this API is a WebSocket one."""
    if str(template.get(logical_id, "ProtocolType", "HTTP")).upper() == "WEBSOCKET":
        return True
    template.warn(logical_id, "HTTP APIs are not run here, WebSocket APIs only")
    return False


def _read_api(template: ResolvedTemplate, logical_id: str) -> WebSocketApi:
    api_id = template.physical.api_id(logical_id)
    stage = _stage(template, logical_id, api_id)
    read = (_read_route(template, route) for route in _children(template, ROUTE, api_id))
    routes = [replace(route, throttle=_throttle(template, stage, route.key)) for route in read]
    if not routes:
        raise template.error(logical_id, "the API has no route", ROUTE)
    api_keys = read_api_keys(template, logical_id, stage)
    if not api_keys.ids and any(route.api_key_required for route in routes):
        template.warn(logical_id, "no usage plan holds an API key for its stage: every client is refused")
    variables = template.mapping(stage, "StageVariables")
    stage_name = template.text(stage, "StageName")
    return WebSocketApi(
        logical_id=logical_id,
        api_id=api_id,
        stage=stage_name,
        route_selection_expression=str(
            template.get(logical_id, "RouteSelectionExpression", "$request.body.action")
        ),
        routes={route.key: route for route in routes},
        stage_variables={name: environment_text(value) for name, value in variables.items()},
        api_keys=api_keys,
        domains=read_domains(template, api_id, stage_name),
    )


def _children(template: ResolvedTemplate, kind: str, api_id: str) -> list[str]:
    return [child for child in template.of_type(kind) if template.get(child, "ApiId") == api_id]


def _stage(template: ResolvedTemplate, logical_id: str, api_id: str) -> str:
    stages = _children(template, STAGE, api_id)
    if not stages:
        raise template.error(logical_id, "the API is not deployed to any stage", STAGE)
    for further in stages[1:]:
        template.warn(further, f"only the first stage of an API is served, {stages[0]}")
    return stages[0]


def _throttle(template: ResolvedTemplate, stage: str, route_key: str) -> Throttle | None:
    """The limits of a route: its own, or the stage's; what neither says is the account's (LM-13, LM-14)."""
    own = template.mapping(stage, "RouteSettings").get(route_key, {})
    if not isinstance(own, dict):
        raise template.error(stage, f"property RouteSettings has {own!r} for {route_key}, not a mapping")
    settings = {**template.mapping(stage, "DefaultRouteSettings"), **own}
    rate, burst = settings.get("ThrottlingRateLimit"), settings.get("ThrottlingBurstLimit")
    return read_throttle(template, stage, f"the throttle of {route_key}", rate, burst)


def _read_route(template: ResolvedTemplate, logical_id: str) -> Route:
    _warn_of_authorization(template, logical_id)
    route = Route(
        template.text(logical_id, "RouteKey"),
        function=None,
        authorizer=_authorizer(template, logical_id),
        api_key_required=str(template.get(logical_id, "ApiKeyRequired", False)).lower() == "true",
        iam=template.get(logical_id, "AuthorizationType") == "AWS_IAM",
    )
    target = template.get(logical_id, "Target")
    if target is None:
        template.warn(logical_id, "the route has no integration")
        return route
    integration = _integration(template, logical_id, str(target))
    timeout_ms = template.number(integration, "TimeoutInMillis", _LONGEST_INTEGRATION_MS)
    return replace(
        route,
        function=_integrated_function(template, integration),
        mock=read_mock(template, integration) if _is_mock(template, integration) else None,
        two_way=_is_two_way(template, logical_id),
        models=read_models(template, logical_id),
        timeout_s=timeout_ms / 1000,
    )


def _warn_of_authorization(template: ResolvedTemplate, logical_id: str) -> None:
    if (kind := template.get(logical_id, "AuthorizationType", "NONE")) not in ("NONE", "CUSTOM", "AWS_IAM"):
        template.warn(logical_id, f"authorization {kind} is left out: every client is let in")


def _authorizer(template: ResolvedTemplate, route: str) -> Authorizer | None:
    if template.get(route, "AuthorizationType", "NONE") != "CUSTOM":
        return None
    wanted = template.get(route, "AuthorizerId")
    for logical_id in template.of_type(AUTHORIZER):
        if wanted == template.physical.reference(logical_id):
            return Authorizer(
                _named_function(template, logical_id, "AuthorizerUri"),
                template.texts(logical_id, "IdentitySource"),
            )
    raise template.error(route, f"its AuthorizerId {wanted!r} is no authorizer of this template", AUTHORIZER)


def _integration(template: ResolvedTemplate, route: str, target: str) -> str:
    """Logical id of the integration that `target` (`integrations/<id>`) names."""
    for logical_id in template.of_type(INTEGRATION):
        if target == f"integrations/{template.physical.reference(logical_id)}":
            return logical_id
    raise template.error(route, f"its target {target!r} is no integration of this template", INTEGRATION)


def _integrated_function(template: ResolvedTemplate, logical_id: str) -> str | None:
    """Logical id of the function behind an integration, None if it is no Lambda proxy integration."""
    kind = template.text(logical_id, "IntegrationType")
    if kind != "AWS_PROXY":
        if not _is_mock(template, logical_id):
            template.warn(
                logical_id, f"integrations of type {kind} are not run here, AWS_PROXY and MOCK only"
            )
        return None
    return _named_function(template, logical_id, "IntegrationUri")


def _is_mock(template: ResolvedTemplate, integration: str) -> bool:
    return template.text(integration, "IntegrationType") == "MOCK"


def _named_function(template: ResolvedTemplate, logical_id: str, name: str) -> str:
    """Logical id of the function whose ARN is in the URI at this property."""
    uri = template.text(logical_id, name)
    match = _FUNCTION_IN_URI.search(uri)
    function = function_named(template, match[1]) if match else None
    if function is None:
        raise template.error(logical_id, f"{name} {uri!r} names no function of this template")
    return function


def _is_two_way(template: ResolvedTemplate, route: str) -> bool:
    """Whether what the function returns goes to the client (RT-34, RT-37)."""
    if template.get(route, "RouteResponseSelectionExpression") != "$default":
        return False
    route_id = template.physical.reference(route)
    return any(
        template.get(response, "RouteId") == route_id
        and template.get(response, "RouteResponseKey") == "$default"
        for response in template.of_type(ROUTE_RESPONSE)
    )
