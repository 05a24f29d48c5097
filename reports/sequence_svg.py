"""A finding's timeline as a sequence diagram in SVG."""

from __future__ import annotations

from collections.abc import Iterator

from .markup import Markup, tag
from .sequence import Diagram, Row

_TIME_WIDTH = 92
_LANE_WIDTH = 150
_HEAD_HEIGHT = 34
_ROW_HEIGHT = 36
_CHARACTER_WIDTH = 6.1
"""Of the label font at 11 px, on average; what is longer is cut and shown whole as a tooltip."""


def draw_svg(diagram: Diagram, title: str, key: str) -> Markup:
    """The diagram at its natural size. `key` makes its element ids unique in the page."""
    width = _TIME_WIDTH + _LANE_WIDTH * len(diagram.lanes)
    height = _HEAD_HEIGHT + _ROW_HEIGHT * len(diagram.rows) + 10
    summary = f"{len(diagram.rows)} steps between {', '.join(diagram.lanes)}; written out below."
    return tag(
        "svg",
        tag("title", title, id=f"{key}-title"),
        tag("desc", summary, id=f"{key}-desc"),
        *_lanes(diagram, height),
        *(_row(row, n, len(diagram.lanes)) for n, row in enumerate(diagram.rows)),
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
        aria_labelledby=f"{key}-title {key}-desc",
        class_="sequence",
    )


def _lanes(diagram: Diagram, height: int) -> Iterator[Markup]:
    for number, name in enumerate(diagram.lanes):
        x = _lane_x(number)
        yield tag("path", d=f"M{x} {_HEAD_HEIGHT}V{height - 4}", class_="lane")
        yield tag("rect", x=x - 58, y=4, width=116, height=24, rx=5, class_="lane-head")
        yield tag("text", _fitted(name, 108), x=x, y=20, text_anchor="middle", class_="lane-name")


def _row(row: Row, number: int, lanes: int) -> Markup:
    y = _HEAD_HEIGHT + _ROW_HEIGHT * number + 24
    time = tag("text", f"{row.at_ms:,.1f} ms", x=_TIME_WIDTH - 14, y=y + 4, text_anchor="end", class_="time")
    drawn = _event(row, y, lanes) if row.start == row.end else _arrow(row, y)
    return tag("g", tag("title", f"{row.at_ms:,.1f} ms: {row.what}"), time, *drawn, class_=_look(row))


def _event(row: Row, y: int, lanes: int) -> Iterator[Markup]:
    """What happens on one lane, written towards the side that has room."""
    x = _lane_x(row.start)
    yield _cross(x, y) if row.mark else tag("circle", cx=x, cy=y, r=3.5, class_="dot")
    right = row.start < lanes / 2
    room = _LANE_WIDTH * ((lanes - row.start if right else row.start + 1) - 0.5) - 12
    place, anchor = (x + 9, "start") if right else (x - 9, "end")
    yield tag("text", _fitted(row.what, room), x=place, y=y + 4, text_anchor=anchor, class_="what")


def _arrow(row: Row, y: int) -> Iterator[Markup]:
    a, b = _lane_x(row.start), _lane_x(row.end)
    side = 1 if b > a else -1
    yield tag("circle", cx=a, cy=y, r=3, class_="dot")
    if row.mark == "expected":
        stop = b - 14 * side
        yield tag("path", d=f"M{a} {y}H{stop - 7 * side}", class_="wire dashed")
        yield _cross(stop, y)
    else:
        yield tag("path", d=f"M{a} {y}H{b - 7 * side}", class_="wire")
        yield tag("path", d=f"M{b} {y}l{-8 * side} -4v8z", class_="head")
    yield tag(
        "text",
        _fitted(row.what, abs(b - a) - 16),
        x=(a + b) / 2,
        y=y - 6,
        text_anchor="middle",
        class_="what",
    )


def _cross(x: float, y: float) -> Markup:
    return tag("path", d=f"M{x - 4.5} {y - 4.5}l9 9m0 -9l-9 9", class_="cross")


def _look(row: Row) -> str:
    return f"step {row.mark}".strip()


def _lane_x(number: int) -> float:
    return _TIME_WIDTH + _LANE_WIDTH * (number + 0.5)


def _fitted(text: str, width: float) -> str:
    room = max(4, int(width / _CHARACTER_WIDTH))
    return text if len(text) <= room else f"{text[: room - 1]}…"
