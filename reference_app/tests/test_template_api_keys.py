"""API keys of a template."""

from __future__ import annotations

from pathlib import Path

import pytest

from reference_app.gateway.stack_errors import TemplateError
from reference_app.gateway.template.application import Application, Throttle
from reference_app.tests.template_writing import SMALLEST, application

KEYS = (
    SMALLEST.replace("RouteKey:", "ApiKeyRequired: true, RouteKey:")
    + """
Plan:
  Type: AWS::ApiGateway::UsagePlan
  Properties: {ApiStages: [{ApiId: !Ref Api, Stage: !Ref Stage}]}
Key:
  Type: AWS::ApiGateway::ApiKey
  Properties: {Enabled: true, Value: the-key-of-one-client}
Member:
  Type: AWS::ApiGateway::UsagePlanKey
  Properties: {KeyId: !Ref Key, KeyType: API_KEY, UsagePlanId: !Ref Plan}
"""
)


def keys(result: Application) -> list[str]:
    return list(result.apis[0].api_keys.ids)


def test_the_keys_of_an_apis_usage_plans_let_in(tmp_path: Path) -> None:
    """HS-23."""
    result = application(tmp_path, KEYS)

    assert result.apis[0].routes["$connect"].api_key_required
    assert keys(result) == ["the-key-of-one-client"]
    assert result.apis[0].api_keys.source == "header"
    assert result.warnings == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Enabled: true", "Enabled: false"),
        ("Stage: !Ref Stage", "Stage: other"),
        ("KeyId: !Ref Key", "KeyId: another"),
    ],
)
def test_other_keys_do_not_and_that_is_said(tmp_path: Path, old: str, new: str) -> None:
    result = application(tmp_path, KEYS.replace(old, new))

    assert keys(result) == []
    assert "every client is refused" in result.warnings[0]


def test_a_key_without_a_value_gets_one_that_is_told(tmp_path: Path) -> None:
    result = application(tmp_path, KEYS.replace(", Value: the-key-of-one-client", ""))

    (value,) = keys(result)
    assert len(value) == 40
    assert value in result.warnings[0]


def test_the_authorizer_may_be_the_one_to_name_the_key(tmp_path: Path) -> None:
    """HS-23."""
    expression = "ApiKeySelectionExpression: $context.authorizer.usageIdentifierKey, ProtocolType:"
    result = application(tmp_path, KEYS.replace("ProtocolType:", expression))

    assert result.apis[0].api_keys.source == "authorizer"


def test_no_other_place_holds_keys(tmp_path: Path) -> None:
    expression = "ApiKeySelectionExpression: $request.header.key, ProtocolType:"
    with pytest.raises(TemplateError, match=r"is not known .*x-api-key"):
        application(tmp_path, KEYS.replace("ProtocolType:", expression))


def test_a_usage_plan_says_how_often_its_keys_may_come(tmp_path: Path) -> None:
    """HS-24."""
    plan = KEYS.replace("{ApiStages:", "{Throttle: {RateLimit: 2.5, BurstLimit: 4}, ApiStages:")
    result = application(tmp_path, plan)

    assert result.apis[0].api_keys.throttles == {"the-key-of-one-client": Throttle(2.5, 4)}
    assert result.warnings == ()


def test_a_quota_is_left_out_and_that_is_said(tmp_path: Path) -> None:
    plan = KEYS.replace("{ApiStages:", "{Quota: {Limit: 10, Period: DAY}, ApiStages:")

    assert "its Quota is left out" in application(tmp_path, plan).warnings[0]


def test_a_throttle_that_is_no_number_is_named(tmp_path: Path) -> None:
    plan = KEYS.replace("{ApiStages:", "{Throttle: {RateLimit: many}, ApiStages:")
    with pytest.raises(TemplateError, match="its Throttle is not a number: 'many'"):
        application(tmp_path, plan)
