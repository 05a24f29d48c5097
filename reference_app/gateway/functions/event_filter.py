"""Filter patterns of event source mappings, as far as they are evaluated here.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html: a pattern has the shape of a
record; each of its leaves is a list of what the record may have there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OPERATORS = ("exists", "prefix", "suffix", "anything-but", "equals-ignore-case")
_ABSENT = object()


class UnsupportedPatternError(ValueError):
    """A pattern that is not evaluated here; `str()` says which part of it."""


def check(pattern: object) -> None:
    """Raises UnsupportedPatternError."""
    if not isinstance(pattern, Mapping):
        raise UnsupportedPatternError(f"{pattern!r} is no pattern")
    for name, wanted in pattern.items():
        if not isinstance(wanted, list):
            check(wanted)
            continue
        for choice in wanted:
            if isinstance(choice, Mapping) and (len(choice) != 1 or next(iter(choice)) not in OPERATORS):
                raise UnsupportedPatternError(f"{name}: {choice!r} is not evaluated here")


def matches(pattern: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    """Whether a record has all that a checked pattern asks for."""
    return all(_matches(wanted, record.get(name, _ABSENT)) for name, wanted in pattern.items())


def _matches(wanted: object, value: object) -> bool:
    if isinstance(wanted, Mapping):
        return matches(wanted, value if isinstance(value, Mapping) else {})
    assert isinstance(wanted, list)
    return any(_is_choice(choice, value) for choice in wanted)


def _is_choice(choice: object, value: object) -> bool:
    if not isinstance(choice, Mapping):
        return choice == value and isinstance(choice, bool) == isinstance(value, bool)
    ((operator, operand),) = choice.items()
    match operator:
        case "exists":
            return (value is not _ABSENT) is bool(operand)
        case "anything-but":
            excluded = operand if isinstance(operand, list) else [operand]
            return value is not _ABSENT and value not in excluded
        case "prefix":
            return isinstance(value, str) and value.startswith(str(operand))
        case "suffix":
            return isinstance(value, str) and value.endswith(str(operand))
        case _:
            return isinstance(value, str) and value.lower() == str(operand).lower()
