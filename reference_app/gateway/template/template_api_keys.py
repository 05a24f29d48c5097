"""API keys of a template: the keys that its usage plans hold for an API's stage (HS-23)."""

from __future__ import annotations

from collections.abc import Iterator

from reference_app.gateway.template.application import ApiKeys
from reference_app.gateway.template.physical_resources import derived
from reference_app.gateway.template.resolved_template import ResolvedTemplate

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
    ids = {_value(template, key): template.physical.reference(key) for key in _keys(template, place)}
    return ApiKeys(ids, "authorizer" if expression == _FROM_AUTHORIZER else "header")


def _keys(template: ResolvedTemplate, place: tuple[str, str]) -> Iterator[str]:
    """Logical ids of the enabled keys of all usage plans for this API and stage."""
    plans = {
        template.physical.reference(plan)
        for plan in template.of_type(USAGE_PLAN)
        if place in [_place(entry) for entry in template.mappings(plan, "ApiStages")]
    }
    members = {
        template.text(member, "KeyId")
        for member in template.of_type(USAGE_PLAN_KEY)
        if template.text(member, "UsagePlanId") in plans
    }
    for key in template.of_type(API_KEY):
        is_enabled = str(template.get(key, "Enabled", True)).lower() != "false"
        if is_enabled and template.physical.reference(key) in members:
            yield key


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
