"""A template with every name known: properties of its resources, evaluated on demand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reference_app.gateway.stack_errors import TemplateError
from reference_app.gateway.template.intrinsics import Resolver, Scope, UnresolvableError
from reference_app.gateway.template.physical_resources import PhysicalResources
from reference_app.gateway.template.template_document import TemplateDocument, TemplateValue


@dataclass
class ResolvedTemplate:
    """Reads properties of plain CloudFormation resources, and collects what has to be said about them."""

    document: TemplateDocument
    resources: Mapping[str, Any]
    resolver: Resolver
    physical: PhysicalResources
    warnings: list[str] = field(default_factory=list)

    def of_type(self, kind: str) -> Iterator[str]:
        """Logical ids of this type whose condition holds."""
        return (logical_id for logical_id in self.resources if self.type_of(logical_id) == kind)

    def type_of(self, logical_id: str) -> str | None:
        """The type of a resource; None if its condition leaves it out."""
        resource = self.resources[logical_id]
        condition = resource.get("Condition")
        try:
            is_left_out = condition is not None and not self.resolver.holds(str(condition))
        except UnresolvableError as unresolvable:
            raise self.error(logical_id, f"its condition: {unresolvable}") from unresolvable
        return None if is_left_out else str(resource["Type"])

    def has(self, logical_id: str, name: str) -> bool:
        """Whether the resource states this property at all."""
        return name in (self.resources[logical_id].get("Properties") or {})

    def get(self, logical_id: str, name: str, default: TemplateValue = None) -> TemplateValue:
        """A property without intrinsic functions; `default` where it is absent or `AWS::NoValue`.

        Raises TemplateError if its value cannot be known here.
        """
        properties = self.resources[logical_id].get("Properties") or {}
        return self.evaluate(logical_id, name, properties.get(name), default)

    def evaluate(
        self, logical_id: str, name: str, expression: TemplateValue, default: TemplateValue = None
    ) -> TemplateValue:
        """`expression`, found at property `name` of a resource, without intrinsic functions."""
        try:
            value = self.resolver.resolve(expression)
        except UnresolvableError as unresolvable:
            raise self.error(logical_id, f"property {name}: {unresolvable}") from unresolvable
        return default if value is None else value

    def text(self, logical_id: str, name: str) -> str:
        """A property that has to be there. Raises TemplateError if it is not."""
        value = self.get(logical_id, name)
        if value is None:
            raise self.error(logical_id, f"property {name} is missing")
        return str(value)

    def number(self, logical_id: str, name: str, default: int) -> int:
        """A whole number, also when a parameter gives it as text. Raises TemplateError if it is none."""
        value = self.get(logical_id, name, default)
        try:
            return int(value)
        except (TypeError, ValueError) as wrong:
            raise self.error(logical_id, f"property {name} is {value!r}, not a whole number") from wrong

    def flag(self, logical_id: str, name: str, *, default: bool = False) -> bool:
        """Whether a property is true, also when a parameter says so as text."""
        return str(self.get(logical_id, name, default)).lower() == "true"

    def mapping(self, logical_id: str, name: str) -> dict[str, Any]:
        """A property with names and values, empty if absent. Raises TemplateError if it is something else."""
        value = self.get(logical_id, name, {})
        if not isinstance(value, dict):
            raise self.error(logical_id, f"property {name} is {value!r}, not a mapping")
        return value

    def mappings(self, logical_id: str, name: str) -> list[dict[str, Any]]:
        """A property that is a list of mappings, empty if absent. Raises TemplateError if it is not."""
        value = self.get(logical_id, name, [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            raise self.error(logical_id, f"property {name} is {value!r}, not a list of mappings")
        return value

    def texts(self, logical_id: str, name: str) -> tuple[str, ...]:
        """A property that is a list of texts, empty if absent. Raises TemplateError if it is not."""
        value = self.get(logical_id, name, [])
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise self.error(logical_id, f"property {name} is {value!r}, not a list of texts")
        return tuple(value)

    def name(self, logical_id: str) -> str:
        """The name that the resource has once it is created. Raises TemplateError if it cannot be known."""
        try:
            return self.physical.name(logical_id)
        except UnresolvableError as unresolvable:
            raise self.error(logical_id, f"its name: {unresolvable}") from unresolvable

    def error(self, logical_id: str, problem: str, accepted: str = "") -> TemplateError:
        """A TemplateError about one resource."""
        return TemplateError(
            f"{logical_id} ({self.resources[logical_id]['Type']}): {problem}",
            template=self.document.path,
            line=self.document.line_of(logical_id),
            accepted=accepted,
        )

    def warn(self, logical_id: str, sentence: str) -> None:
        """Note what the template asks for and the stack leaves out, with its line if the template has it."""
        line = self.document.line_of(logical_id)
        where = self.document.path.name if line is None else f"{self.document.path.name}:{line}"
        origin = ", which SAM adds" if line is None else ""
        kind = self.resources[logical_id]["Type"]
        self.warnings.append(f"{where}: {logical_id} ({kind}{origin}): {sentence}")


def resolved(
    document: TemplateDocument,
    resources: Mapping[str, Any],
    parameters: Mapping[str, Any],
    *,
    region: str,
    account_id: str,
    stack: str,
) -> ResolvedTemplate:
    """Bind the names of a template: parameters, pseudo parameters, created resources."""

    def resolve(expression: TemplateValue) -> TemplateValue:
        return resolver.resolve(expression)

    physical = PhysicalResources(resources, resolve, stack, str(document.path.resolve()), region, account_id)
    pseudo_parameters = {
        "AWS::AccountId": account_id,
        "AWS::NotificationARNs": [],
        "AWS::Partition": "aws",
        "AWS::Region": region,
        "AWS::StackId": f"arn:aws:cloudformation:{region}:{account_id}:stack/{stack}/local",
        "AWS::StackName": stack,
        "AWS::URLSuffix": "amazonaws.com",
    }
    scope = Scope(
        parameters={**parameters, **pseudo_parameters},
        reference=physical.reference,
        attribute=physical.attribute,
        mappings=document.content.get("Mappings") or {},
        conditions=document.content.get("Conditions") or {},
    )
    resolver = Resolver(scope)
    return ResolvedTemplate(document, resources, resolver, physical)
