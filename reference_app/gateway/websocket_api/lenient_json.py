"""JSON as API Gateway's permissive parser takes it: an unquoted key is no reason for `$default` (RT-8)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Literal, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

Leniency = Literal["permissive", "unquoted-keys", "strict"]

_MAX_DEPTH = 200
_SPACE = re.compile(r"[ \t\r\n]*")
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")
_SINGLE_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_SCALAR = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"|[^\s,:\[\]{}"\']+')


class NotJson(ValueError):  # noqa: N818 - a verdict on the client's text, not a fault
    """The text is not JSON, not even leniently."""


def parse(text: str, leniency: Leniency) -> object:
    """Return the value that the text stands for.

    Strict JSON is always accepted. Raises NotJson, also for nesting deeper than a parser should follow.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        if leniency == "strict":
            raise NotJson("not JSON") from error
    return _Parser(text, single_quotes_and_commas=leniency == "permissive").document()


class _Parser:
    def __init__(self, text: str, *, single_quotes_and_commas: bool) -> None:
        self._text = text
        self._position = 0
        self._loose = single_quotes_and_commas

    def document(self) -> object:
        value = self._value(0)
        if self._peek():
            self._fail("text after the value")
        return value

    def _value(self, depth: int) -> object:
        if depth > _MAX_DEPTH:
            self._fail("nested too deep")
        match self._peek():
            case "{":
                members: dict[str, object] = {}
                self._sequence("}", lambda: self._member(members, depth))
                return members
            case "[":
                items: list[object] = []
                self._sequence("]", lambda: items.append(self._value(depth + 1)))
                return items
            case "'" if self._loose:
                return self._single_quoted()
            case _:
                return self._scalar()

    def _sequence(self, end: str, element: Callable[[], None]) -> None:
        self._position += 1
        if self._take(end):
            return
        while True:
            element()
            if self._take(end):
                return
            if not self._take(","):
                self._fail(f"expected , or {end}")
            if self._loose and self._take(end):
                return

    def _member(self, members: dict[str, object], depth: int) -> None:
        key = self._key()
        if not self._take(":"):
            self._fail("expected :")
        members[key] = self._value(depth + 1)

    def _key(self) -> str:
        if self._peek() == "'" and self._loose:
            return self._single_quoted()
        if name := _NAME.match(self._text, self._position):
            self._position = name.end()
            return name.group()
        key = self._scalar()
        return key if isinstance(key, str) else self._fail("expected a key")

    def _single_quoted(self) -> str:
        quoted = _SINGLE_QUOTED.match(self._text, self._position)
        if quoted is None:
            self._fail("unterminated string")
        self._position = quoted.end()
        inner = quoted.group(1).replace("\\'", "'")
        return str(self._strict('"' + re.sub(r'(?<!\\)"', r"\"", inner) + '"'))

    def _scalar(self) -> object:
        scalar = _SCALAR.match(self._text, self._position)
        if scalar is None:
            self._fail("expected a value")
        self._position = scalar.end()
        return self._strict(scalar.group())

    def _strict(self, text: str) -> object:
        try:
            return json.loads(text)
        except ValueError as error:
            raise NotJson(f"no JSON value before position {self._position}") from error

    def _peek(self) -> str:
        space = _SPACE.match(self._text, self._position)
        self._position = space.end() if space else self._position
        return self._text[self._position : self._position + 1]

    def _take(self, character: str) -> bool:
        if self._peek() != character:
            return False
        self._position += 1
        return True

    def _fail(self, problem: str) -> NoReturn:
        raise NotJson(f"{problem} at position {self._position}")
