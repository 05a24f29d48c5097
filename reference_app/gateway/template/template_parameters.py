"""Values of a template's parameters: given, or default, checked as CloudFormation checks them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reference_app.gateway.stack_errors import ParameterError
from reference_app.gateway.template.template_document import TemplateValue


def parameter_values(declared: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """Each declared parameter's value: text, or a list for the list types.

    Raises ParameterError for a name that is not declared, a missing value, or one that the declaration
    excludes (AllowedValues, AllowedPattern, Type Number).
    """
    for name in given:
        if name not in declared:
            known = ", ".join(sorted(declared)) or "none"
            raise ParameterError(f"the template has no parameter {name}; its parameters: {known}")
    return {name: _value(name, declaration, given) for name, declaration in declared.items()}


def _value(name: str, declaration: Mapping[str, Any], given: Mapping[str, str]) -> TemplateValue:
    kind = str(declaration.get("Type", "String"))
    if name in given:
        text = given[name]
    elif "Default" in declaration and not kind.startswith("AWS::SSM::"):
        text = _text(declaration["Default"])
    else:
        raise ParameterError(
            f"the template's parameter {name} has no value: give one with --parameter {name}=VALUE"
        )
    is_list = kind == "CommaDelimitedList" or kind.startswith("List<")
    values = [part.strip() for part in text.split(",")] if is_list else [text]
    try:
        for value in values:
            _check(name, value, kind, declaration)
    except (TypeError, re.error) as malformed:
        raise ParameterError(f"the declaration of parameter {name} is malformed: {malformed}") from malformed
    return values if is_list else text


def _check(name: str, value: str, kind: str, declaration: Mapping[str, Any]) -> None:
    allowed = [_text(choice) for choice in declaration.get("AllowedValues", [])]
    if allowed and value not in allowed:
        raise ParameterError(f"parameter {name} cannot be {value!r}; allowed: {', '.join(allowed)}")
    pattern = declaration.get("AllowedPattern")
    if pattern is not None and not re.fullmatch(pattern, value):
        raise ParameterError(f"parameter {name} cannot be {value!r}; it has to match {pattern}")
    if "Number" in kind and not re.fullmatch(r"[-+]?\d+(\.\d+)?", value):
        raise ParameterError(f"parameter {name} cannot be {value!r}; it has to be a number")


def _text(value: TemplateValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
