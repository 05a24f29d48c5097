"""Builds the typed dataclasses of this package from parsed JSON, checking every value on the way."""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


class DecodingError(ValueError):
    """A value has not the type that its place demands; the message names the place."""

    def __init__(self, where: str, wanted: str, value: object) -> None:
        super().__init__(where, wanted, value)
        self.where = where
        self.wanted = wanted
        self.value = value

    def __str__(self) -> str:
        if self.value is MISSING:
            return f"`{self.where}` is missing"
        return f"`{self.where}` must be {self.wanted}, not {_shown(self.value)}"


def decode(kind: type[T], value: object, where: str = "") -> T:
    """`value` as a `kind`: a dataclass of strings, numbers, enums, tuples, mappings, dataclasses.

    Missing keys take the field's default. Unknown keys are left out, since a newer version of the
    same format may add some. An integer is accepted for a float, but a bool never for a number.
    Raises DecodingError.
    """
    return cast("T", _decode(kind, value, where))


def _decode(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401 - JSON
    if kind is Any:
        return value
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _decode_union(kind, value, where)
    if origin is Literal:
        return _checked(value in get_args(kind), value, where, _choices(get_args(kind)))
    if origin is tuple:
        _checked(isinstance(value, (list, tuple)), value, where, "a list")
        item = get_args(kind)[0]
        return tuple(_decode(item, v, f"{where}[{n}]") for n, v in enumerate(value))
    if origin is not None:  # Mapping[str, X]
        _checked(isinstance(value, Mapping), value, where, "an object")
        item = get_args(kind)[1]
        return {str(k): _decode(item, v, f"{where}.{k}") for k, v in value.items()}
    return _decode_plain(kind, value, where)


def _decode_plain(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401 - JSON
    if is_dataclass(kind):
        return _decode_dataclass(kind, value, where)
    if isinstance(kind, type) and issubclass(kind, Enum):
        values = [member.value for member in kind]
        return kind(_checked(value in values, value, where, _choices(values)))
    if kind is float:
        return _checked(_is_number(value, (int, float)) and math.isfinite(value), value, where, "a number")
    if kind is int:
        return _checked(_is_number(value, int), value, where, "an integer")
    return _checked(isinstance(value, kind), value, where, _NAMES.get(kind, kind.__name__))


def _decode_union(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401 - JSON
    if value is None and type(None) in get_args(kind):
        return None
    (other,) = (part for part in get_args(kind) if part is not type(None))
    return _decode(other, value, where)


def _decode_dataclass(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401 - JSON
    _checked(isinstance(value, Mapping), value, where or "the document", "an object")
    hints = _hints(kind)
    known: dict[str, Any] = {}
    for field in fields(kind):
        place = f"{where}.{field.name}" if where else field.name
        if field.name in value:
            known[field.name] = _decode(hints[field.name], value[field.name], place)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise DecodingError(place, "", MISSING)
    return kind(**known)


@cache
def _hints(kind: type[Any]) -> Mapping[str, Any]:
    return get_type_hints(kind)


_NAMES: Mapping[type[Any], str] = {str: "a text", bool: "true or false"}


def _is_number(value: object, kinds: type[Any] | tuple[type[Any], ...]) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool)


def _checked(holds: bool, value: Any, where: str, wanted: str) -> Any:  # noqa: ANN401 - JSON
    if not holds:
        raise DecodingError(where, wanted, value)
    return value


def _choices(values: Any) -> str:  # noqa: ANN401 - JSON
    return "one of " + ", ".join(str(value) for value in values)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
