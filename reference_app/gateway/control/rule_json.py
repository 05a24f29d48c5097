"""Fault rules as JSON and back: every wrong name, type or value is refused by its path."""

from __future__ import annotations

import dataclasses
import math
import types
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from reference_app.gateway.control.fault_rules import Address, Fault, FaultRule, RuleError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_app.gateway.control.fault_book import RuleState

T = TypeVar("T")

FAULTS: Mapping[str, type[Fault]] = {fault.kind: fault for fault in get_args(Fault)}
_NAMES = {bool: "true or false", int: "an integer", float: "a number", str: "a string"}


def rule_from_json(value: object) -> FaultRule:
    """Return the rule that a decoded JSON document describes. Raises RuleError."""
    document = _object(value, "the rule")
    fault = _object(document.get("fault"), "fault")
    kind = fault.get("kind")
    if not isinstance(kind, str) or kind not in FAULTS:
        raise RuleError(f"fault.kind: must be one of {', '.join(sorted(FAULTS))}")
    parameters = {name: value for name, value in fault.items() if name != "kind"}
    built = {
        "fault": _build(FAULTS[kind], parameters, "fault."),
        "where": _build(Address, _object(document.get("where", {}), "where"), "where."),
    }
    rest = {name: value for name, value in document.items() if name not in built}
    return _build(FaultRule, rest, "", built)


def rule_to_json(state: RuleState) -> dict[str, object]:
    """Return a rule in force as it was given, with its id and counters; what is not narrowed is left out."""
    rule = state.rule
    where = {name: value for name, value in dataclasses.asdict(rule.where).items() if value is not None}
    document: dict[str, object] = {
        "id": state.rule_id,
        "seen": state.seen,
        "injected": state.injected,
        "fault": {"kind": rule.fault.kind, **dataclasses.asdict(rule.fault)},
        "where": where,
    }
    for each in dataclasses.fields(rule):
        value = getattr(rule, each.name)
        if each.name not in document and value is not None:
            document[each.name] = value
    return document


def _build(
    kind: type[T], values: Mapping[str, object], path: str, built: Mapping[str, object] | None = None
) -> T:
    hints = get_type_hints(kind)
    fields = {each.name: each for each in dataclasses.fields(kind) if each.name not in (built or {})}  # type: ignore[arg-type]
    for name in values:
        if name not in fields:
            raise RuleError(f"{path}{name}: there is no such member; there are {', '.join(fields) or 'none'}")
    for name, each in fields.items():
        if name not in values and each.default is dataclasses.MISSING:
            raise RuleError(f"{path}{name}: is missing")
    checked = {name: _checked(value, hints[name], path + name) for name, value in values.items()}
    try:
        return kind(**{**(built or {}), **checked})
    except RuleError as wrong:
        raise RuleError(f"{path.rstrip('.') or 'the rule'}: {wrong}") from wrong


def _checked(value: object, wanted: Any, path: str) -> object:  # noqa: ANN401 - a type, however it is spelled
    if isinstance(wanted, types.UnionType):
        if value is None:
            return None
        wanted = next(each for each in get_args(wanted) if each is not types.NoneType)
    if get_origin(wanted) is Literal:
        accepted = get_args(wanted)
        if isinstance(value, bool) or value not in accepted:
            raise RuleError(f"{path}: must be one of {', '.join(map(str, accepted))}")
        return value
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise RuleError(f"{path}: must be finite")
    if type(value) is not wanted:
        raise RuleError(f"{path}: must be {_NAMES[wanted]}")
    return value


def _object(value: object, path: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise RuleError(f"{path}: must be a JSON object")
    return value
