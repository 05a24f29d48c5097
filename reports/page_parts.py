"""Pieces that several sections of the page are made of."""

from __future__ import annotations

from collections.abc import Iterator

from .markup import Markup, tag


def section(title: str, *parts: str) -> Markup:
    return tag("section", tag("h3", title), *parts)


def state(sign: str, word: str, look: str) -> Markup:
    """An outcome by sign, word and colour."""
    return tag("span", tag("span", sign, class_="sign", aria_hidden="true"), word, class_=f"state {look}")


def folded(summary: str, *parts: str) -> Markup:
    """What is there for whoever wants it; closed in print too."""
    return tag("details", tag("summary", summary), *parts, class_="folded")


def optional(name: str, content: str, look: str) -> Iterator[Markup]:
    if content:
        yield tag(name, content, class_=look)
