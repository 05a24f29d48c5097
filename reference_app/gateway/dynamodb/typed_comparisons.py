"""moto's ordering comparisons, made to be false between values of different types, as DynamoDB's are."""

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


def make_comparisons_typed() -> None:
    """Once for the process; a second call changes nothing."""
    _derive(comparisons.COMPARATOR_CLASS, *_ORDERING)
    _derive(vars(comparisons), "FuncBetween")


def _derive(classes: MutableMapping[str, Any], *names: str) -> None:
    for name in names:
        if name in classes and not issubclass(classes[name], _OfOneType):
            classes[name] = type(classes[name].__name__, (_OfOneType, classes[name]), {})
