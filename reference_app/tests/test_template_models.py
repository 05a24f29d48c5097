"""Models of a template."""

from __future__ import annotations

from pathlib import Path

import pytest

from reference_app.gateway.stack_errors import TemplateError
from reference_app.gateway.template.application import Models
from reference_app.tests.template_writing import SMALLEST, application

ROUTE = SMALLEST.replace(
    "RouteKey:", "ModelSelectionExpression: $request.body.kind, RequestModels: {a: Named}, RouteKey:"
)
MODEL = "Model: {Type: AWS::ApiGatewayV2::Model, Properties: {ApiId: !Ref Api, Name: Named, Schema: %s}}\n"


def models(folder: Path, resources: str) -> Models | None:
    return application(folder, resources).apis[0].routes["$connect"].models


@pytest.mark.parametrize("schema", ["{type: object}", """'{"type": "object"}'"""])
def test_a_route_has_the_schemas_of_its_models(tmp_path: Path, schema: str) -> None:
    """RT-23."""
    expected = Models("$request.body.kind", {"a": {"type": "object"}})

    assert models(tmp_path, ROUTE + MODEL % schema) == expected


def test_models_can_be_referred_to(tmp_path: Path) -> None:
    resources = ROUTE.replace("a: Named", "a: !Ref Model") + MODEL % "{}"

    assert models(tmp_path, resources) == Models("$request.body.kind", {"a": {}})


def test_without_a_selection_expression_nothing_is_validated(tmp_path: Path) -> None:
    """RT-23."""
    resources = ROUTE.replace("ModelSelectionExpression: $request.body.kind, ", "") + MODEL % "{}"

    assert models(tmp_path, resources) is None


@pytest.mark.parametrize(
    ("model", "problem"),
    [
        ("", "its model 'Named' is not in this template"),
        (MODEL % "{type: nonsense}", "property Schema is not a JSON Schema"),
        (MODEL % "'{'", "property Schema is not a JSON Schema"),
    ],
)
def test_a_model_that_cannot_be_used_is_named(tmp_path: Path, model: str, problem: str) -> None:
    with pytest.raises(TemplateError, match=problem):
        models(tmp_path, ROUTE + model)
