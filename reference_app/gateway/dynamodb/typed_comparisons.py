"""moto's comparisons, made to be false as DynamoDB's are: between values of different types, and with the
size of what has none."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from moto.dynamodb import comparisons

_ORDERING = ("<", ">", "<=", ">=")


class _OfOneType:
    """What comes before an operator of moto's, which would raise TypeError."""

    def expr(self, item: object) -> bool:
        try:
            return bool(super().expr(item))  # type: ignore[misc]
        except TypeError:
            return False


class _OfAnything:
    """`size`, which moto refuses of an attribute that is missing, or a number."""

    def expr(self, item: object) -> int | None:
        try:
            return int(super().expr(item))  # type: ignore[misc]
        except ValueError:
            return None


def make_comparisons_typed() -> None:
    """Once for the process; a second call changes nothing."""
    _derive(_OfOneType, comparisons.COMPARATOR_CLASS, *_ORDERING)
    _derive(_OfOneType, vars(comparisons), "FuncBetween")
    _derive(_OfAnything, comparisons.FUNC_CLASS, "size")


def _derive(base: type, classes: MutableMapping[str, Any], *names: str) -> None:
    for name in names:
        if name in classes and not issubclass(classes[name], base):
            classes[name] = type(classes[name].__name__, (base, classes[name]), {})
