"""Selection expressions: text with variables such as `$request.body.action` (RT-1 to RT-3, RT-9, RT-10)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference_app.gateway.websocket_api import lenient_json

if TYPE_CHECKING:
    from reference_app.gateway.unknowns import Unknowns

_SEGMENT = r"""\.[A-Za-z_][\w-]*|\['[^']*'\]|\["[^"]*"\]|\[\d+\]"""
_BODY_PATH = rf"request\.body((?:{_SEGMENT})+)"
_TOKEN = re.compile(rf"\\(?P<escaped>\$)|\$\{{{_BODY_PATH}\}}|\${_BODY_PATH}|(?P<text>[^$\\]+|\\)")
_STEP = re.compile(r"""\.([A-Za-z_][\w-]*)|\['([^']*)'\]|\["([^"]*)"\]|\[(?P<index>\d+)\]""")


class UnsupportedExpression(ValueError):  # noqa: N818 - the field's word is "unsupported expression"
    """A selection expression that this gateway cannot evaluate; the text says which part."""


@dataclass(frozen=True)
class _BodyPath:
    steps: tuple[str | int, ...]


class SelectionExpression:
    """A compiled expression; the same for routes and for models."""

    def __init__(self, expression: str, unknowns: Unknowns) -> None:
        """Compile the expression; raises UnsupportedExpression."""
        self._parts = _compile(expression)
        self._leniency: lenient_json.Leniency = unknowns.lenient_json
        self._null = "null" if unknowns.null_selector == "null" else ""

    def evaluate(self, message: str) -> str:
        """Return the key that a message gives. Raises NotJson (RT-6)."""
        body = lenient_json.parse(message, self._leniency)
        try:
            return "".join(
                part if isinstance(part, str) else self._text_at(part, body) for part in self._parts
            )  # RT-1
        except RecursionError:
            return ""  # a value nested so deep is the key of no route

    def _text_at(self, path: _BodyPath, body: object) -> str:
        for step in path.steps:
            if isinstance(body, dict) and step in body:
                body = body[step]
                continue
            if not isinstance(body, list) or not isinstance(step, int) or step >= len(body):
                return ""  # RT-3
            body = body[step]
        return self._null if body is None else _java_text(body)


def _java_text(value: object) -> str:
    """Stringify as Java collections do, which gives RT-2's `[item1, item2]`; scalars as in JSON (RT-9)."""
    match value:
        case str():
            return value
        case list():
            return f"[{', '.join(map(_java_text, value))}]"
        case dict():
            return f"{{{', '.join(f'{key}={_java_text(item)}' for key, item in value.items())}}}"
        case _:
            return json.dumps(value)


def _compile(expression: str) -> tuple[str | _BodyPath, ...]:
    parts: list[str | _BodyPath] = []
    position = 0
    while position < len(expression):
        token = _TOKEN.match(expression, position)
        if token is None:
            raise UnsupportedExpression(
                f"selection expression {expression!r}: cannot evaluate {expression[position:]!r};"
                " $request.body.<path>, ${request.body.<path>}, text and \\$ are understood"
            )
        position = token.end()
        path = token.group(2) or token.group(3)
        parts.append(_path(path) if path else token["escaped"] or token["text"])
    return tuple(parts)


def _path(text: str) -> _BodyPath:
    return _BodyPath(tuple(_step(step) for step in _STEP.finditer(text)))


def _step(step: re.Match[str]) -> str | int:
    index = step["index"]
    return next(name for name in step.groups() if name is not None) if index is None else int(index)
