"""CloudFormation's intrinsic functions, evaluated over a template's values.

Evaluation is lazy: only the properties that the stack needs are resolved, so that a function which
cannot be answered locally (`Fn::ImportValue`) matters only where its value does.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reference_app.gateway.template.template_document import TemplateValue

_SUB_VARIABLE = re.compile(r"\$\{(!?)([^}]*)\}")
_NO_VALUE = object()


class UnresolvableError(Exception):
    """An expression without a local answer; the text says which and why."""


@dataclass(frozen=True)
class Scope:
    """What the names of a template stand for."""

    parameters: Mapping[str, Any]
    """Parameters and pseudo parameters (`AWS::Region`)."""
    reference: Callable[[str], str]
    """What `Ref` gives for a resource; raises KeyError for an unknown logical id."""
    attribute: Callable[[str, str], str]
    """What `Fn::GetAtt` gives; raises KeyError for an unknown logical id or attribute."""
    mappings: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)


class Resolver:
    """Replaces intrinsic functions by their values."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::If": self._if,
            "Fn::FindInMap": self._find_in_map,
            "Fn::Base64": lambda text: base64.b64encode(str(self.resolve(text)).encode()).decode(),
            "Fn::GetAZs": self._availability_zones,
            "Condition": self.holds,
            "Fn::Equals": self._equals,
            "Fn::And": lambda terms: all(self.resolve(term) for term in terms),
            "Fn::Or": lambda terms: any(self.resolve(term) for term in terms),
            "Fn::Not": lambda terms: not self.resolve(terms[0]),
        }

    def resolve(self, value: TemplateValue) -> TemplateValue:
        """The value without intrinsic functions; what is `AWS::NoValue` is left out.

        Raises UnresolvableError.
        """
        resolved = self._resolve(value)
        return None if resolved is _NO_VALUE else resolved

    def holds(self, condition: str) -> bool:
        """Whether the condition of this name is true."""
        if condition not in self._scope.conditions:
            raise UnresolvableError(f"condition {condition} is not declared")
        return bool(self.resolve(self._scope.conditions[condition]))

    def _resolve(self, value: TemplateValue) -> TemplateValue:
        if isinstance(value, dict):
            name = str(next(iter(value))) if len(value) == 1 else ""
            if name in self._functions:
                return self._call(name, value[name])
            if name.startswith("Fn::"):
                raise UnresolvableError(f"{name} has no local answer")
            entries = ((key, self._resolve(item)) for key, item in value.items())
            return {key: item for key, item in entries if item is not _NO_VALUE}
        if isinstance(value, list):
            return [item for item in map(self._resolve, value) if item is not _NO_VALUE]
        return value

    def _call(self, name: str, argument: TemplateValue) -> TemplateValue:
        try:
            return self._functions[name](argument)
        except (TypeError, ValueError, IndexError, KeyError, AttributeError) as malformed:
            raise UnresolvableError(f"{name} cannot be evaluated with {argument!r}") from malformed
        except RecursionError as circular:
            raise UnresolvableError(f"{name} of {argument!r} leads back to itself") from circular

    def _ref(self, name: str) -> TemplateValue:
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name in self._scope.parameters:
            return self._scope.parameters[name]
        try:
            return self._scope.reference(name)
        except KeyError as unknown:
            raise UnresolvableError(f"Ref {name}: no such parameter or resource") from unknown

    def _get_att(self, argument: TemplateValue) -> str:
        parts = (
            argument.split(".", 1) if isinstance(argument, str) else [self.resolve(part) for part in argument]
        )
        logical_id, attribute = parts
        try:
            return self._scope.attribute(logical_id, attribute)
        except KeyError as unknown:
            raise UnresolvableError(f"Fn::GetAtt {logical_id}.{attribute} has no local answer") from unknown

    def _sub(self, argument: TemplateValue) -> str:
        text, variables = (argument, {}) if isinstance(argument, str) else argument

        def replace(match: re.Match[str]) -> str:
            literal, name = match[1], match[2].strip()
            if literal:
                return "${" + match[2] + "}"
            if name in variables:
                return _as_text(self.resolve(variables[name]))
            return _as_text(self._get_att(name) if "." in name else self._ref(name))

        return _SUB_VARIABLE.sub(replace, text)

    def _join(self, argument: TemplateValue) -> str:
        delimiter, parts = argument
        return str(delimiter).join(_as_text(part) for part in self.resolve(parts))

    def _select(self, argument: TemplateValue) -> TemplateValue:
        index, choices = argument
        return self.resolve(choices)[int(self.resolve(index))]

    def _split(self, argument: TemplateValue) -> list[str]:
        delimiter, text = argument
        return str(self.resolve(text)).split(delimiter)

    def _if(self, argument: TemplateValue) -> TemplateValue:
        condition, then, otherwise = argument
        return self._resolve(then if self.holds(condition) else otherwise)

    def _find_in_map(self, argument: TemplateValue) -> TemplateValue:
        name, first, second = (self.resolve(key) for key in argument[:3])
        try:
            return self._scope.mappings[name][first][second]
        except KeyError:
            if len(argument) > 3:
                return self.resolve(argument[3]["DefaultValue"])
            raise

    def _equals(self, argument: TemplateValue) -> bool:
        left, right = (self.resolve(side) for side in argument)
        return _as_text(left) == _as_text(right)

    def _availability_zones(self, region: TemplateValue) -> list[str]:
        name = self.resolve(region) or self._scope.parameters["AWS::Region"]
        return [f"{name}{zone}" for zone in "abc"]


def _as_text(value: TemplateValue) -> str:
    """A value as CloudFormation writes it into a string."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(map(_as_text, value))
    return str(value)
