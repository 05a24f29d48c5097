"""A finding's timeline as a sequence diagram in SVG."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .markup import Markup, tag
from .sequence import Diagram, Row

_TIME_WIDTH = 92
_NARROWEST_LANE = 150
_WIDEST_LANE = 280
_ROOM = 860
"""Few lanes share it and get wider, so that more of each label can be read; many lanes make it scroll."""
_HEAD_HEIGHT = 34
_ROW_HEIGHT = 36
_CHARACTER_WIDTH = 6.1
"""Of the label font at 11 px, on average; what is longer is cut and shown whole as a tooltip."""


def draw_svg(diagram: Diagram, title: str, key: str) -> Markup:
    """The diagram at its natural size. `key` makes its element ids unique in the page."""
    lanes = _Lanes(len(diagram.lanes))
    width = _TIME_WIDTH + lanes.width * lanes.count
    height = _HEAD_HEIGHT + _ROW_HEIGHT * len(diagram.rows) + 10
    summary = f"{len(diagram.rows)} steps between {', '.join(diagram.lanes)}; written out below."
    return tag(
        "svg",
        tag("title", title, id=f"{key}-title"),
        tag("desc", summary, id=f"{key}-desc"),
        *_draw_lanes(diagram, lanes, height),
        *(_row(row, n, lanes) for n, row in enumerate(diagram.rows)),
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
        aria_labelledby=f"{key}-title {key}-desc",
        class_="sequence",
    )


@dataclass(frozen=True)
class _Lanes:
    count: int

    @property
    def width(self) -> float:
        return min(_WIDEST_LANE, max(_NARROWEST_LANE, _ROOM // self.count))

    def x(self, number: int) -> float:
        return _TIME_WIDTH + self.width * (number + 0.5)


def _draw_lanes(diagram: Diagram, lanes: _Lanes, height: int) -> Iterator[Markup]:
    for number, name in enumerate(diagram.lanes):
        x = lanes.x(number)
        yield tag("path", d=f"M{x} {_HEAD_HEIGHT}V{height - 4}", class_="lane")
        yield tag("rect", x=x - 58, y=4, width=116, height=24, rx=5, class_="lane-head")
        yield tag("text", _fitted(name, 108), x=x, y=20, text_anchor="middle", class_="lane-name")


def _row(row: Row, number: int, lanes: _Lanes) -> Markup:
    y = _HEAD_HEIGHT + _ROW_HEIGHT * number + 24
    time = tag("text", f"{row.at_ms:,.1f} ms", x=_TIME_WIDTH - 14, y=y + 4, text_anchor="end", class_="time")
    drawn = _event(row, y, lanes) if row.start == row.end else _arrow(row, y, lanes)
    return tag("g", tag("title", f"{row.at_ms:,.1f} ms: {row.what}"), time, *drawn, class_=_look(row))


def _event(row: Row, y: int, lanes: _Lanes) -> Iterator[Markup]:
    """What happens on one lane, written towards the side that has room."""
    x = lanes.x(row.start)
    yield _cross(x, y) if row.mark else tag("circle", cx=x, cy=y, r=3.5, class_="dot")
    right = row.start < lanes.count / 2
    room = lanes.width * ((lanes.count - row.start if right else row.start + 1) - 0.5) - 12
    place, anchor = (x + 9, "start") if right else (x - 9, "end")
    yield tag("text", _fitted(row.what, room), x=place, y=y + 4, text_anchor=anchor, class_="what")


def _arrow(row: Row, y: int, lanes: _Lanes) -> Iterator[Markup]:
    a, b = lanes.x(row.start), lanes.x(row.end)
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


def _fitted(text: str, width: float) -> str:
    room = max(4, int(width / _CHARACTER_WIDTH))
    return text if len(text) <= room else f"{text[: room - 1]}…"
