"""Models of a template: the JSON schemas that a route's messages are validated against (RT-23)."""

from __future__ import annotations

import json

from reference_app.gateway.stack_errors import TemplateError
from reference_app.gateway.template.application import Models
from reference_app.gateway.template.resolved_template import ResolvedTemplate

MODEL = "AWS::ApiGatewayV2::Model"


def read_models(template: ResolvedTemplate, route: str) -> Models | None:
    """The models of a route; None for one without a model selection expression, which validates nothing.

    Raises TemplateError for a model that is not in the template, and for one that is not a JSON Schema.
    """
    expression = template.get(route, "ModelSelectionExpression")
    if expression is None:
        return None
    wanted = template.mapping(route, "RequestModels")
    return Models(str(expression), {key: _schema(template, route, str(name)) for key, name in wanted.items()})


def _schema(template: ResolvedTemplate, route: str, name: str) -> object:
    for model in template.of_type(MODEL):
        same_api = template.get(model, "ApiId") == template.get(route, "ApiId")
        if same_api and name in (template.text(model, "Name"), template.physical.reference(model)):
            return _checked(template, model)
    raise template.error(route, f"its model {name!r} is not in this template", MODEL)


def _checked(template: ResolvedTemplate, model: str) -> object:
    from jsonschema import Draft4Validator, SchemaError

    try:
        schema = template.get(model, "Schema")
        schema = json.loads(schema) if isinstance(schema, str) else schema
        Draft4Validator.check_schema(schema)
    except (ValueError, SchemaError) as wrong:
        raise _no_schema(template, model, wrong) from wrong
    return schema


def _no_schema(template: ResolvedTemplate, model: str, wrong: Exception) -> TemplateError:
    first_line = str(wrong).partition("\n")[0]
    return template.error(
        model, f"property Schema is not a JSON Schema: {first_line}", "JSON schema, draft 4"
    )
