"""The timeline of a finding, laid out as a sequence diagram and drawn with characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from .printable import printable
from .results import Step

MOST_STEPS = 40
MOST_LANES = 8


@dataclass(frozen=True)
class Row:
    """A step on the lanes of its diagram."""

    at_ms: float
    start: int
    """Lane number."""
    end: int
    """Lane it reaches; equal to `start` for what happens on one lane."""
    what: str
    mark: Literal["", "bad", "expected"]


@dataclass(frozen=True)
class Diagram:
    """Lanes from left to right, and the steps on them from top to bottom."""

    lanes: tuple[str, ...]
    rows: tuple[Row, ...]
    omitted: int = 0
    """Steps that were left out: too many, or between lanes that did not fit."""


@dataclass(frozen=True)
class Glyphs:
    """What a diagram is drawn with."""

    lane: str
    line: str
    dashes: str
    right: str
    left: str
    dot: str
    cross: str


UNICODE = Glyphs(lane="│", line="─", dashes="╌", right="▶", left="◀", dot="●", cross="✗")
ASCII = Glyphs(lane="|", line="-", dashes=".", right=">", left="<", dot="o", cross="x")


def lay_out(timeline: Sequence[Step]) -> Diagram:
    """Order the lanes, harness first, then connections as they appear, backend and table last.

    Steps that say the same one after the other are one row. Long timelines keep the steps that carry
    the point (marked ones) and those nearest to them.
    """
    folded = _folded(timeline)
    kept = _most_telling(folded)
    lanes = _lanes(kept)[:MOST_LANES]
    place = {name: number for number, name in enumerate(lanes)}
    rows = tuple(
        Row(s.at_ms, place[s.who], place[s.to or s.who], printable(s.what, 200), s.mark)
        for s in kept
        if s.who in place and (s.to or s.who) in place
    )
    return Diagram(tuple(printable(lane, 24) for lane in lanes), rows, len(folded) - len(rows))


def _folded(timeline: Sequence[Step]) -> list[Step]:
    """The steps, with neighbours that differ in nothing but their time made one, and counted."""
    rows = []
    for _, same in groupby(timeline, key=lambda step: replace(step, at_ms=0.0)):
        first, *others = same
        times = f" ({1 + len(others)} times)" if others else ""
        rows.append(replace(first, what=f"{first.what}{times}"))
    return rows


def draw_text(diagram: Diagram, glyphs: Glyphs = UNICODE) -> list[str]:
    """The diagram in lines: time, lanes with arrows, and what happened."""
    if not diagram.rows:
        return []
    width = max(9, *(len(lane) + 3 for lane in diagram.lanes))
    times = [f"{row.at_ms:,.1f}" for row in diagram.rows]
    margin = max(len("at ms"), *map(len, times))
    heading = "".join(lane.ljust(width) for lane in diagram.lanes).rstrip()
    lines = [f"{'at ms'.rjust(margin)}  {heading}"]
    lines += [
        f"{time.rjust(margin)}  {_draw_row(row, len(diagram.lanes), width, glyphs)}  {_in_words(row)}"
        for time, row in zip(times, diagram.rows, strict=True)
    ]
    if diagram.omitted:
        lines.append(f"{' ' * margin}  ({diagram.omitted} more steps in results.json)")
    return lines


def _draw_row(row: Row, lanes: int, width: int, glyphs: Glyphs) -> str:
    cells = list(glyphs.lane.ljust(width) * lanes)[: (lanes - 1) * width + 1]
    a, b = row.start * width, row.end * width
    if a == b:
        cells[a] = glyphs.cross if row.mark else glyphs.dot
        return "".join(cells)
    for x in range(min(a, b) + 1, max(a, b)):
        cells[x] = glyphs.dashes if row.mark == "expected" else glyphs.line
    cells[a] = glyphs.dot
    if row.mark == "expected":  # it set out, or should have, and did not arrive
        cells[b - 1 if b > a else b + 1] = glyphs.cross
    else:
        cells[b] = glyphs.right if b > a else glyphs.left
    return "".join(cells)


def _in_words(row: Row) -> str:
    return {"": "", "bad": "WRONG: ", "expected": "MISSING: "}[row.mark] + row.what


def _lanes(timeline: Sequence[Step]) -> list[str]:
    seen = dict.fromkeys(name for step in timeline for name in (step.who, step.to) if name)
    return sorted(seen, key=lambda name: {"harness": 0, "backend": 2, "table": 3}.get(name, 1))


def _most_telling(timeline: Sequence[Step]) -> Sequence[Step]:
    if len(timeline) <= MOST_STEPS:
        return timeline
    marked = [n for n, step in enumerate(timeline) if step.mark] or [len(timeline) - 1]
    nearest = sorted(range(len(timeline)), key=lambda n: min(abs(n - m) for m in marked[:MOST_STEPS]))
    return [timeline[n] for n in sorted(nearest[:MOST_STEPS])]
