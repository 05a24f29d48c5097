"""A CloudFormation template as text: YAML with short forms, and the line of each resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from reference_app.gateway.stack_errors import TemplateError

TemplateValue: TypeAlias = Any
"""Whatever YAML holds: text, numbers, lists and mappings, at any depth."""

_SECTIONS = ("Parameters", "Mappings", "Conditions", "Globals")
_WITHOUT_PREFIX = frozenset({"Ref", "Condition"})


@dataclass(frozen=True)
class TemplateDocument:
    """A template's content with short forms written out (`!Ref X` is `{"Ref": "X"}`)."""

    path: Path
    content: dict[str, Any]
    lines: Mapping[str, int]
    """Line of each entry of `Resources`, counted from 1."""

    @property
    def resources(self) -> dict[str, Any]:
        resources: dict[str, Any] = self.content["Resources"]
        return resources

    def line_of(self, logical_id: str) -> int | None:
        """The line of a resource; for one that SAM generated, that of the resource it came from.

        SAM names what it generates by its source's logical id and a suffix.
        """
        sources = [name for name in self.lines if logical_id.startswith(name)]
        return self.lines[max(sources, key=len)] if sources else None


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML comes without types
    """YAML as CloudFormation reads it: short forms of functions, and dates are plain text."""


# `Version: 2012-10-17` and an environment variable that looks like a date stay strings.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in _WITHOUT_PREFIX else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        return {name: value.split(".", 1) if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    if isinstance(node, yaml.MappingNode):
        return {name: loader.construct_mapping(node, deep=True)}
    raise AssertionError(node)


_Loader.add_multi_constructor("!", _short_form)


def read_document(path: Path) -> TemplateDocument:
    """Read a template file.

    Raises TemplateError if it cannot be read, is neither YAML nor JSON, or has no Resources.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as missing:
        raise TemplateError("there is no such template", template=path) from missing
    except (OSError, UnicodeDecodeError) as unreadable:
        raise TemplateError(f"the template cannot be read: {unreadable}", template=path) from unreadable
    return parse_document(text, path)


def parse_document(text: str, path: Path) -> TemplateDocument:
    """The document that `text` holds; `path` is where it is said to come from."""
    if text.lstrip().startswith("{"):
        text = text.replace("\t", " ")  # JSON may be indented by tabs, and holds none within its strings
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        content = loader.construct_document(root) if root is not None else None
    except yaml.YAMLError as malformed:
        raise _syntax_error(malformed, path) from malformed
    finally:
        loader.dispose()
    return document_of(content, path, _resource_lines(root))


def document_of(content: TemplateValue, path: Path, lines: Mapping[str, int]) -> TemplateDocument:
    """The document with this content. Raises TemplateError if that is not shaped as a template is."""
    if not isinstance(content, dict) or not isinstance(content.get("Resources"), dict):
        raise TemplateError("this is not a CloudFormation template: it has no Resources", template=path)
    document = TemplateDocument(path, content, lines)
    _check_sections(document)
    _check_resources(document)
    return document


def _check_sections(document: TemplateDocument) -> None:
    for section in _SECTIONS:
        if not isinstance(document.content.get(section) or {}, dict):
            raise TemplateError(f"its {section} are not a mapping", template=document.path)
    for name, declaration in (document.content.get("Parameters") or {}).items():
        if not isinstance(declaration, dict):
            raise TemplateError(f"parameter {name} has no Type", template=document.path)


def _check_resources(document: TemplateDocument) -> None:
    for logical_id, resource in document.resources.items():
        problem = None
        if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            problem = "has no Type"
        elif not isinstance(resource.get("Properties") or {}, dict):
            problem = "has Properties that are not a mapping"
        if problem:
            line = document.lines.get(str(logical_id))
            raise TemplateError(f"resource {logical_id} {problem}", template=document.path, line=line)


def _syntax_error(malformed: yaml.YAMLError, path: Path) -> TemplateError:
    mark = getattr(malformed, "problem_mark", None)
    problem = getattr(malformed, "problem", None) or str(malformed).splitlines()[0]
    line = None if mark is None else mark.line + 1
    return TemplateError(f"this is neither YAML nor JSON: {problem}", template=path, line=line)


def _resource_lines(root: yaml.Node | None) -> dict[str, int]:
    resources = _entry(root, "Resources")
    if not isinstance(resources, yaml.MappingNode):
        return {}
    return {str(key.value): key.start_mark.line + 1 for key, _ in resources.value}


def _entry(node: yaml.Node | None, name: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for key, value in node.value if key.value == name), None)
