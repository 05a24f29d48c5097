"""MOCK integrations of a template, whose mapping templates are constants."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from reference_app.gateway.template.application import Mock
from reference_app.gateway.template.resolved_template import ResolvedTemplate

INTEGRATION_RESPONSE = "AWS::ApiGatewayV2::IntegrationResponse"

_VELOCITY = re.compile(r"[#$][A-Za-z{!]")


class _NotConstantError(Exception):
    """A mapping template, or the choice of one, depends on the message."""


def read_mock(template: ResolvedTemplate, integration: str) -> Mock | None:
    """What the integration answers; None, with a warning, where that depends on the message."""
    try:
        status = _status(_chosen(template, integration, "RequestTemplates"))
        return Mock(status, _body(template, integration, status))
    except _NotConstantError as depends:
        template.warn(integration, f"{depends}: of mapping templates only constants are evaluated here")
        return None


def _status(request: str | None) -> int | None:
    """The `statusCode` of a request template; None for one that states none (MK-2)."""
    try:
        document = json.loads(request or "")
    except ValueError:
        return None
    status = document.get("statusCode") if isinstance(document, dict) else None
    return status if isinstance(status, int) and not isinstance(status, bool) else None


def _body(template: ResolvedTemplate, integration: str, status: int | None) -> str | None:
    responses = dict(_responses(template, integration))
    fitting = [key for key in responses if _is_for(key, status)]
    response = responses[fitting[0]] if fitting else responses.get("$default")
    return None if response is None else _chosen(template, response, "ResponseTemplates")


def _responses(template: ResolvedTemplate, integration: str) -> Iterator[tuple[str, str]]:
    """Keys and logical ids of the integration's responses."""
    integration_id = template.physical.reference(integration)
    for logical_id in template.of_type(INTEGRATION_RESPONSE):
        if template.get(logical_id, "IntegrationId") == integration_id:
            yield template.text(logical_id, "IntegrationResponseKey"), logical_id


def _is_for(key: str, status: int | None) -> bool:
    """Whether a key `/2\\d\\d/` is for this status."""
    if len(key) < 2 or not (key.startswith("/") and key.endswith("/")):
        return False
    try:
        return re.fullmatch(key[1:-1], str(status)) is not None
    except re.error:
        return False


def _chosen(template: ResolvedTemplate, logical_id: str, name: str) -> str | None:
    """The mapping template that the resource chooses of those in a property; None for none."""
    templates = template.mapping(logical_id, name)
    expression = str(template.get(logical_id, "TemplateSelectionExpression", "$default"))
    chosen = _only(templates) if len(templates) == 1 else templates.get(expression.removeprefix("\\"))
    if chosen is None and len(templates) > 1:
        raise _NotConstantError(f"TemplateSelectionExpression {expression!r} names none of its {name}")
    if _VELOCITY.search(str(chosen or "")):
        raise _NotConstantError(f"{name} has a template in Velocity's language")
    return None if chosen is None else str(chosen)


def _only(templates: Mapping[str, object]) -> object:
    (chosen,) = templates.values()
    return chosen
