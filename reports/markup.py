"""HTML and SVG elements as values, escaped by construction.

Whatever is not `Markup` is text, is made printable and is escaped: nothing from the wire can become
an element, an attribute or a script.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

from .printable import printable

LONGEST_TEXT = 1000
"""Characters of one text that are shown; results.json has all of them."""


class Markup(str):
    """A string that is HTML already."""

    __slots__ = ()


def text(value: str, most: int = LONGEST_TEXT) -> Markup:
    """`value` as escaped text, on one line."""
    return Markup(html.escape(printable(value, most)))


def tag(name: str, *children: str, **attributes: str | float | bool | None) -> Markup:
    """An element. `class_` is written `class`, other underscores as hyphens; None and False are left out."""
    written = "".join(
        _attribute(key, value)
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Markup(f"<{name}{written}>{join(children)}</{name}>")


def join(children: Iterable[str], between: str = "") -> Markup:
    """Children one after the other; those that are no Markup are escaped."""
    return Markup(between.join(child if isinstance(child, Markup) else text(child) for child in children))


def preformatted(lines: Iterable[str], **attributes: str) -> Markup:
    """A `pre` of lines."""
    return tag("pre", Markup("\n".join(text(line) for line in lines)), **attributes)


def _attribute(key: str, value: str | float | bool) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    shown = f"{value:.6g}" if isinstance(value, float) else str(value)
    return f' {name}="{html.escape(printable(shown, 20_000))}"'
