"""API keys of a template: the keys that its usage plans hold for an API's stage (HS-23)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from reference_app.gateway.template.application import ApiKeys, Throttle
from reference_app.gateway.template.physical_resources import derived
from reference_app.gateway.template.resolved_template import ResolvedTemplate
from reference_app.gateway.template.template_throttles import read_throttle

API_KEY = "AWS::ApiGateway::ApiKey"
USAGE_PLAN = "AWS::ApiGateway::UsagePlan"
USAGE_PLAN_KEY = "AWS::ApiGateway::UsagePlanKey"

_VALUE_LENGTH = 40
_FROM_HEADER = "$request.header.x-api-key"
_FROM_AUTHORIZER = "$context.authorizer.usageIdentifierKey"


def read_api_keys(template: ResolvedTemplate, api: str, stage: str) -> ApiKeys:
    """The keys that let clients into an API, given by the logical ids of the API and its stage.

    Raises TemplateError for an ApiKeySelectionExpression that API Gateway does not know.
    """
    expression = template.get(api, "ApiKeySelectionExpression", _FROM_HEADER)
    if expression not in (_FROM_HEADER, _FROM_AUTHORIZER):
        accepted = f"{_FROM_HEADER} or {_FROM_AUTHORIZER}"
        raise template.error(api, f"ApiKeySelectionExpression {expression!r} is not known", accepted)
    place = (template.physical.api_id(api), template.text(stage, "StageName"))
    keys = [(_value(template, key), key, plan) for key, plan in _keys(template, place)]
    throttles = {value: throttle for value, _, plan in keys if (throttle := _throttle(template, plan))}
    source: Literal["header", "authorizer"] = "authorizer" if expression == _FROM_AUTHORIZER else "header"
    return ApiKeys({value: template.physical.reference(key) for value, key, _ in keys}, source, throttles)


def _keys(template: ResolvedTemplate, place: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """Logical ids of the enabled keys of all usage plans for this API and stage, each with its plan's."""
    plans = {
        template.physical.reference(plan): plan
        for plan in template.of_type(USAGE_PLAN)
        if place in [_place(entry) for entry in template.mappings(plan, "ApiStages")]
    }
    members = {
        template.text(member, "KeyId"): plans[plan_id]
        for member in template.of_type(USAGE_PLAN_KEY)
        if (plan_id := template.text(member, "UsagePlanId")) in plans
    }
    for key in template.of_type(API_KEY):
        is_enabled = str(template.get(key, "Enabled", True)).lower() != "false"
        if is_enabled and (plan := members.get(template.physical.reference(key))) is not None:
            yield key, plan


def _throttle(template: ResolvedTemplate, plan: str) -> Throttle | None:
    """How often each key of a usage plan may be used (HS-24)."""
    if template.has(plan, "Quota"):
        template.warn(plan, "its Quota is left out: its Throttle alone holds")
    stated = template.mapping(plan, "Throttle")
    return read_throttle(template, plan, "its Throttle", stated.get("RateLimit"), stated.get("BurstLimit"))


def _place(entry: dict[str, object]) -> tuple[str, str]:
    return str(entry.get("ApiId")), str(entry.get("Stage"))


def _value(template: ResolvedTemplate, key: str) -> str:
    """The key itself; AWS draws one where the template gives none."""
    given = template.get(key, "Value")
    if given is not None:
        return str(given)
    value = derived(f"{template.physical.seed}/{key}", _VALUE_LENGTH)
    template.warn(key, f"it has no Value; here it is {value}")
    return value
