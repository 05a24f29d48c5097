"""How a backend is spoken to and what its clients hear: the templates of a target file's `[message]`.

A template holds `{payload}` where the payload goes. It is JSON (a TOML table, or a string that holds
a JSON object or array), or a plain string.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from .errors import UsageError

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

PAYLOAD = "{payload}"
USUAL_SEND: Json = {"action": "sendmessage", "data": PAYLOAD}
"""What is sent where nobody says otherwise."""
NO_SUCH_ACTION = "churnproof-no-such-action"
_SURROGATE = re.compile("[\ud800-\udfff]")
_ABSENT = object()


class SendFormat:
    """What a client sends to make the backend broadcast a payload.

    Raises UsageError for a template without `{payload}`.
    """

    def __init__(self, template: Json) -> None:
        self.template = _parsed(template, "send")

    @property
    def action_keys(self) -> tuple[str, ...]:
        """Dotted paths of the string values beside the payload: what a backend may route by."""
        return tuple(path for path, value in _strings(self.template) if path and PAYLOAD not in value)

    def render(self, payload: str) -> str:
        return self._text(_mapped(self.template, lambda text: text.replace(PAYLOAD, payload)))

    def unknown_action(self, payload: str) -> str | None:
        """The same message under an action that nobody has; None where the message names no action."""
        if not self.action_keys:
            return None
        return self._text(
            _mapped(
                self.template,
                lambda text: text.replace(PAYLOAD, payload) if PAYLOAD in text else NO_SUCH_ACTION,
            )
        )

    def without_action(self, payload: str) -> str | None:
        """The same message without what it is routed by; None where the message names no action."""
        if not self.action_keys:
            return None
        kept = _pruned(self.template, lambda text: PAYLOAD in text)
        return self._text(_mapped(kept, lambda text: text.replace(PAYLOAD, payload)))

    def without_payload(self) -> str | None:
        """The same message without its payload field; None where the message is the payload."""
        if isinstance(self.template, str):
            return None
        return self._text(_pruned(self.template, lambda text: PAYLOAD not in text))

    def _text(self, message: Json) -> str:
        return message if isinstance(message, str) else to_json(message)


class ReceiveFormat:
    """Finds the payload in what a client hears.

    Literal values of the template must be there as they are (`{"type": "message", …}` tells messages
    from presence); fields that the template does not name may be anything. Raises UsageError for a
    template without exactly one `{payload}`.
    """

    def __init__(self, template: Json) -> None:
        self.template = _parsed(template, "receive")
        holders = [value for _, value in _strings(self.template) if PAYLOAD in value]
        if len(holders) != 1 or holders[0].count(PAYLOAD) != 1:
            raise UsageError(f"[message] receive must hold {PAYLOAD} once: {_shown(template)}")
        self._before, _, self._after = holders[0].partition(PAYLOAD)
        self.identity = self.template == PAYLOAD
        """True when what is heard is the payload itself."""

    def payload(self, text: str) -> str | None:
        """The payload of a received message; None when it is not of this form."""
        if self.identity:
            return text
        if isinstance(self.template, str):
            return self._unwrapped(text)
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return self._found(self.template, message)

    def tells_other(self, text: str) -> bool:
        """Whether a literal of the template is another one there: a message of another kind, as an
        acknowledgement that quotes what it is about."""
        try:
            return _contradicts(self.template, json.loads(text))
        except (ValueError, RecursionError):
            return False

    def _unwrapped(self, value: str) -> str | None:
        whole = len(value) >= len(self._before) + len(self._after)
        if not whole or not value.startswith(self._before) or not value.endswith(self._after):
            return None
        return value[len(self._before) : len(value) - len(self._after)]

    def _found(self, template: Json, value: object) -> str | None:
        """The payload in `value`; the empty literal part of a template finds nothing but must match."""
        found: str | None = None
        for key, part in _items(template):
            inner = _member(value, key)
            if not _holds_payload(part):
                if not _matches(part, inner):
                    return None
            elif isinstance(part, str):
                found = self._unwrapped(inner) if isinstance(inner, str) else None
                if found is None:
                    return None
            else:
                found = self._found(part, inner)
                if found is None:
                    return None
        return found


def receive_for(text: str, is_payload: Callable[[str], bool]) -> Json:
    """The `receive` template by which the payload is found in this JSON object; None where it holds none."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return _around(message, is_payload) if isinstance(message, dict) else None


def to_toml(value: Json) -> str:
    """The value in one line of a target file."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_toml_key(key)} = {to_toml(part)}' for key, part in value.items())} }}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(to_toml, value))}]"
    return _toml_text(value) if isinstance(value, str) else json.dumps(value)


def to_json(value: Json) -> str:
    """Compact JSON as a browser would send it: Unicode as it is, lone surrogates escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _parsed(template: Json, key: str) -> Json:
    parsed = template
    if isinstance(template, str):
        try:
            candidate = json.loads(template)
        except ValueError:
            candidate = template
        if isinstance(candidate, dict | list):
            parsed = candidate
    elif not isinstance(template, Mapping | list):
        raise UsageError(f"[message] {key} must be a table or a string, not {_shown(template)}")
    if not _holds_payload(parsed):
        raise UsageError(
            f"[message] {key} must hold {PAYLOAD} where the payload goes, "
            f'e.g. {{ action = "sendmessage", data = "{PAYLOAD}" }}; it is {_shown(template)}'
        )
    return parsed


def _shown(template: Json) -> str:
    return json.dumps(template, ensure_ascii=False, default=str)[:200]


def _items(value: Json) -> Sequence[tuple[str | int, Json]]:
    if isinstance(value, Mapping):
        return list(value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return list(enumerate(value))
    return []


def _member(value: object, key: str | int) -> object:
    if isinstance(key, str):
        return value.get(key, _ABSENT) if isinstance(value, dict) else _ABSENT
    return value[key] if isinstance(value, list) and key < len(value) else _ABSENT


def _around(value: Json, is_payload: Callable[[str], bool]) -> Json:
    if isinstance(value, str):
        return PAYLOAD if is_payload(value) else None
    for key, part in value.items() if isinstance(value, Mapping) else ():
        if (found := _around(part, is_payload)) is not None:
            return {key: found}
    return None


def _toml_key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _toml_text(key)


def _toml_text(text: str) -> str:
    # JSON lets DEL stand as it is, TOML does not.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _matches(literal: Json, value: object) -> bool:
    if isinstance(literal, Mapping) or (isinstance(literal, Sequence) and not isinstance(literal, str)):
        return all(_matches(part, _member(value, key)) for key, part in _items(literal))
    # bool is an int in Python, not in JSON.
    return literal == value and isinstance(literal, bool) == isinstance(value, bool)


def _contradicts(template: Json, value: object) -> bool:
    """Whether both have a member at one place, and it differs; strings with the payload apart."""
    if value is _ABSENT or (isinstance(template, str) and PAYLOAD in template):
        return False
    if items := _items(template):
        return any(_contradicts(part, _member(value, key)) for key, part in items)
    return not _matches(template, value)


def _strings(value: Json, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    for key, part in _items(value):
        yield from _strings(part, f"{path}.{key}" if path else str(key))


def _holds_payload(value: Json) -> bool:
    return any(PAYLOAD in text for _, text in _strings(value))


def _mapped(value: Json, change: Callable[[str], str]) -> Json:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _mapped(part, change) for key, part in value.items()}
    if isinstance(value, Sequence):
        return [_mapped(part, change) for part in value]
    return value


def _pruned(value: Json, keep: Callable[[str], bool]) -> Json:
    """`value` without the strings that are not kept; containers and other values stay."""

    def kept(part: Json) -> bool:
        return not isinstance(part, str) or keep(part)

    if isinstance(value, Mapping):
        return {key: _pruned(part, keep) for key, part in value.items() if kept(part)}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_pruned(part, keep) for part in value if kept(part)]
    return value
