"""The JSON Schema of `results.json`, drawn from the dataclasses that it is read into.

`python -m reports.schema` prints it; it is published as `docs/results.schema.json`.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
import textwrap
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from itertools import pairwise
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from .results import FORMAT, Results

_LEAST = ("format", "kind", "verdict", "target", "seed", "started", "duration_s", "clauses")
"""What any writer of the format gives; everything else has a default."""


def results_schema() -> dict[str, Any]:
    """The schema. Unknown keys are allowed: a newer version of the same format may add some."""
    definitions: dict[str, Any] = {}
    _of(Results, definitions)
    root = definitions.pop("Results")
    root["properties"]["format"] = {"const": FORMAT}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://churnproof.invalid/results.schema.json",
        "title": "results.json of churnproof",
        **root,
        "required": list(_LEAST),
        "$defs": dict(sorted(definitions.items())),
    }


def _of(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - a type
    if kind is Any:
        return {}
    if is_dataclass(kind) and isinstance(kind, type):
        return _reference(kind, definitions)
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return {"anyOf": [_of(part, definitions) for part in get_args(kind)]}
    if origin is Literal:
        return {"enum": list(get_args(kind))}
    if origin is tuple:
        return {"type": "array", "items": _of(get_args(kind)[0], definitions)}
    if origin is not None:  # Mapping[str, X]
        return {"type": "object", "additionalProperties": _of(get_args(kind)[1], definitions)}
    if issubclass(kind, Enum):
        return {"enum": [member.value for member in kind]}
    return {"type": _TYPES[kind]}


_TYPES: Mapping[type, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    types.NoneType: "null",
}


def _reference(kind: type[Any], definitions: dict[str, Any]) -> dict[str, Any]:
    if kind.__name__ not in definitions:
        definitions[kind.__name__] = {}  # a type that holds itself ends here
        definitions[kind.__name__] = _object(kind, definitions)
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _object(kind: type[Any], definitions: dict[str, Any]) -> dict[str, Any]:
    hints, said = get_type_hints(kind), _documented(kind)
    properties = {f.name: {**_of(hints[f.name], definitions), **said.get(f.name, {})} for f in fields(kind)}
    required = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]
    found: dict[str, Any] = {"type": "object"}
    if kind.__doc__ and not kind.__doc__.startswith(f"{kind.__name__}("):
        found["description"] = _plain(kind.__doc__)
    found["properties"] = properties
    # A clause may come without its sentence: the least that the format demands has none.
    if required := [name for name in required if name != "sentence"]:
        found["required"] = required
    return found


def _documented(kind: type[Any]) -> dict[str, dict[str, str]]:
    """The texts that stand below the fields."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(definition, ast.ClassDef)
    said: dict[str, dict[str, str]] = {}
    for field, below in pairwise(definition.body):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                said[name] = {"description": _plain(text)}
    return said


def _plain(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    json.dump(results_schema(), sys.stdout, indent=1)
    sys.stdout.write("\n")
