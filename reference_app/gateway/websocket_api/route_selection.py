"""Which route a message takes (RT-1 to RT-10)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference_app.gateway.websocket_api import lenient_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_app.gateway.template.application import Route
    from reference_app.gateway.unknowns import Unknowns

DEFAULT_ROUTE = "$default"
_LIFECYCLE_ROUTES = frozenset({"$connect", "$disconnect"})

_SEGMENT = r"""\.[A-Za-z_][\w-]*|\['[^']*'\]|\["[^"]*"\]|\[\d+\]"""
_BODY_PATH = rf"request\.body((?:{_SEGMENT})+)"
_TOKEN = re.compile(rf"\\(?P<escaped>\$)|\$\{{{_BODY_PATH}\}}|\${_BODY_PATH}|(?P<text>[^$\\]+|\\)")
_STEP = re.compile(r"""\.([A-Za-z_][\w-]*)|\['([^']*)'\]|\["([^"]*)"\]|\[(?P<index>\d+)\]""")


class UnsupportedExpression(ValueError):  # noqa: N818 - the field's word is "unsupported expression"
    """A route selection expression that this gateway cannot evaluate; the text says which part."""


@dataclass(frozen=True)
class _BodyPath:
    steps: tuple[str | int, ...]


class RouteSelector:
    """The compiled route selection expression of one API, with the API's routes."""

    def __init__(self, expression: str, routes: Mapping[str, Route], unknowns: Unknowns) -> None:
        """Compile the expression; raises UnsupportedExpression."""
        self._parts = _compile(expression)
        self._routes = {key: route for key, route in routes.items() if key not in _LIFECYCLE_ROUTES}
        self._leniency: lenient_json.Leniency = unknowns.lenient_json
        self._null = "null" if unknowns.null_selector == "null" else ""

    def select(self, message: str) -> Route | None:
        """Return the route of a text message, `$default` included; None means Forbidden (RT-5, RT-20)."""
        route = self._routes.get(self._evaluate(message))
        return route if route is not None else self._routes.get(DEFAULT_ROUTE)

    def _evaluate(self, message: str) -> str:
        try:
            body = lenient_json.parse(message, self._leniency)
        except lenient_json.NotJson:
            return DEFAULT_ROUTE  # RT-6
        return "".join(
            part if isinstance(part, str) else self._text_at(part, body) for part in self._parts
        )  # RT-1

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
                f"route selection expression {expression!r}: cannot evaluate {expression[position:]!r};"
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
