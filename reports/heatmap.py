"""The latency heatmap: how many pairs took how long, over time; two modes and a slow tail stay visible."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from .charts import HEIGHT, WIDTH, Layer, TimeChart, draw_frame
from .figures import count
from .markup import Markup, tag

_LEVELS = 5


def draw_heatmap(chart: TimeChart, edges_ms: Sequence[float], counts: Sequence[Sequence[int]]) -> Markup:
    """The heatmap as an HTML figure; `chart` gives everything but the layers, its scale from the edges.

    Darker cells hold more pairs, in steps of equal ratio: single slow pairs can be seen beside thousands.
    """
    limits = _limits(max(map(max, counts)))
    layers = tuple(
        Layer(_range(limits, level), (), f"heat-{level + 1}", "cells") for level in range(len(limits))
    )
    rows = len(edges_ms) - 1
    grown = f"scale({WIDTH / len(counts):.6g} {HEIGHT / rows:.6g})"
    levels = [[_level(n, limits) for n in row] for row in counts]
    cells = (
        tag("path", d="".join(_cells(levels, level)), transform=grown, class_=f"layer cells {layer.look}")
        for level, layer in enumerate(layers)
    )
    return draw_frame(replace(chart, layers=layers, bins=len(counts)), cells)


def _limits(most: int) -> list[int]:
    """The least count of each level, rising by equal ratio from 1."""
    ratio = most ** (1 / _LEVELS)
    return sorted({max(1, math.ceil(ratio**level)) for level in range(_LEVELS)})


def _level(number: int, limits: Sequence[int]) -> int:
    return sum(number >= limit for limit in limits) - 1


def _range(limits: Sequence[int], level: int) -> str:
    low = limits[level]
    if level + 1 == len(limits):
        return f"{count(low)} and more"
    high = limits[level + 1] - 1
    return count(low) if low == high else f"{count(low)} to {count(high)}"


def _cells(levels: Sequence[Sequence[int]], level: int) -> Iterator[str]:
    """Cells of a level, in units of a cell; neighbours in time are one rectangle."""
    rows = len(levels[0])
    for row in range(rows):
        for is_level, run in groupby(range(len(levels)), key=lambda n: levels[n][row] == level):
            if is_level:
                first, *rest = run
                width = 1 + len(rest)
                yield f"M{first} {rows - 1 - row}h{width}v1h-{width}z"
