"""A table of texts on the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .markup import Markup, tag


def data_table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], look: str = "", numeric: Iterable[int] = ()
) -> Markup:
    """`rows` under `heads`, the columns in `numeric` to the right; it scrolls where it is too wide."""
    right = frozenset(numeric)

    def cells(kind: str, row: Sequence[str]) -> Iterator[Markup]:
        for n, cell in enumerate(row):
            scope = "col" if kind == "th" else None
            yield tag(kind, cell, class_="number" if n in right else None, scope=scope)

    head = tag("thead", tag("tr", *cells("th", heads)))
    body = tag("tbody", *(tag("tr", *cells("td", row)) for row in rows))
    return scrolling(tag("table", head, body, class_=look or None), heads)


def scrolling(table: Markup, heads: Sequence[str]) -> Markup:
    """The table, which scrolls where it is too wide; a screen reader tells its `heads` before it."""
    return tag("div", table, class_="scroll", role="group", aria_label=f"Table: {', '.join(heads)}")
