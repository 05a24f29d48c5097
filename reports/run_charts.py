"""The charts of one run, and the table of figures behind them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from .charts import Layer, Scale, TimeChart, draw_chart, fitting, linear, mirrored, ratio_scale
from .figures import NONE, count, duration, lost_in_words, milliseconds, percentile
from .heatmap import draw_heatmap
from .markup import Markup, tag
from .results import Results
from .table import scrolling
from .time_table import MOST_ROWS, Column, columns, thinned
from .verdict import unjudged


def draw_charts(results: Results, key: str, most_bins: int = MOST_ROWS) -> Markup:
    """All charts over time of a run; empty when it recorded no series. `key` is unique in the page."""
    if not results.series.owed:
        return Markup("")
    figures = _Figures(results, key, most_bins)
    return tag("div", *_charts(results, figures), _table(figures), class_="charts")


class _Figures:
    """The columns of the table by name, and charts over them."""

    def __init__(self, results: Results, key: str, most_bins: int) -> None:
        series = thinned(results.series, most_bins)
        self.columns = columns(series)
        self.edges_ms, self.heat = series.latency_edges_ms, series.latency_counts
        self.bin_s = series.bin_s
        self.merged = series.bin_s != results.series.bin_s
        self._bins = len(series.owed)
        self._silent = frozenset(n for n, owed in enumerate(series.owed) if not owed)
        self._phases = results.phases
        self._key = key
        self._numbers = {column.name: n for n, column in enumerate(self.columns)}

    def number(self, name: str) -> int:
        """Which column it is."""
        return self._numbers[name]

    def layer(self, name: str, look: str, shape: str = "line") -> Layer:
        number = self._numbers[name]
        return Layer(name, self.columns[number].values, look, shape, number, self._silent)

    def chart(self, key: str, title: str, summary: str, layers: tuple[Layer, ...], scale: Scale) -> TimeChart:
        return TimeChart(
            f"{self._key}-{key}", title, summary, layers, scale, self.bin_s, self._bins, self._phases
        )


def _charts(results: Results, figures: _Figures) -> Iterator[Markup]:
    if not unjudged(results):
        yield draw_chart(_delivery(results, figures))
    if any(value is not None for value in figures.layer("p50", "p50").values):
        yield draw_chart(_latency(results, figures))
    if figures.heat:
        yield _heatmap(figures)
    yield draw_chart(_connections(figures))
    yield draw_chart(_churn(figures))


def _delivery(results: Results, figures: _Figures) -> TimeChart:
    ratio, lost = figures.layer("delivered / owed", "ratio"), figures.layer("lost", "lost", "marks")
    summary = f"Share of owed deliveries that arrived, by intended send: {lost_in_words(results.delivery)}."
    scale = ratio_scale(ratio.values, lambda v: f"{100 * v:g} %")
    return figures.chart("delivery", "Share of owed deliveries that arrived", summary, (ratio, lost), scale)


def _latency(results: Results, figures: _Figures) -> TimeChart:
    layers = (
        figures.layer("p50", "p50"),
        figures.layer("p95", "p95"),
        figures.layer("p99", "p99"),
        figures.layer("last recipient p50", "last"),
    )
    scale = fitting((layer.values for layer in layers), milliseconds)
    pair, last = results.latency_ms.pair, results.latency_ms.last
    summary = (
        f"Latency from the intended send. Each pair: p50 {percentile(pair, 'p50')}, "
        f"p99 {percentile(pair, 'p99')}; last recipient p50 {percentile(last, 'p50')}."
    )
    title = "Latency from the intended send" + (", log scale" if scale.logarithmic else "")
    return figures.chart("latency", title, summary, layers, scale)


def _heatmap(figures: _Figures) -> Markup:
    edges_ms = figures.edges_ms
    spread = f"between {milliseconds(edges_ms[0])} and {milliseconds(edges_ms[-1])}"
    summary = f"Pairs by latency and by intended send, darker where there are more of them; all lie {spread}."
    scale = Scale(edges_ms[0], edges_ms[-1], milliseconds, logarithmic=True)
    chart = figures.chart("heatmap", "Distribution of latency (pairs, log scale)", summary, (), scale)
    shown = tuple(figures.number(name) for name in ("p50", "p95", "p99", "owed", "lost"))
    return draw_heatmap(replace(chart, shown=shown), edges_ms, figures.heat)


def _connections(figures: _Figures) -> TimeChart:
    layer = figures.layer("open", "open", "area")
    most = max((v for v in layer.values if v is not None), default=0)
    summary = f"Connections open at the end of each interval, at most {count(int(most))}."
    return figures.chart(
        "connections", "Open connections", summary, (layer,), linear([layer.values], _whole, least_high=4)
    )


def _churn(figures: _Figures) -> TimeChart:
    connects, leaves = (
        figures.layer("connects", "connects", "bars"),
        figures.layer("leaves", "leaves", "bars"),
    )
    joined, left = (int(sum(v or 0 for v in layer.values)) for layer in (connects, leaves))
    summary = (
        f"Connects (up) and disconnects (down) in each interval: {count(joined)} and {count(left)} in all."
    )
    layers = (connects, replace(leaves, values=tuple(None if v is None else -v for v in leaves.values)))
    scale = mirrored((layer.values for layer in layers), _whole)
    return figures.chart("churn", "Connects and disconnects", summary, layers, scale)


def _whole(value: float) -> str:
    return count(int(value)) if value == int(value) else ""


def _table(figures: _Figures) -> Markup:
    """The alternative to the charts, and where the script reads what it shows under the pointer."""
    heads = [column.name for column in figures.columns]
    head = tag("tr", *(tag("th", name, scope="col") for name in heads))
    cells = ([_written(column, value) for value in column.values] for column in figures.columns)
    body = [tag("tr", *(tag("td", cell) for cell in row)) for row in zip(*cells, strict=True)]
    merged = " (merged: counts added up, latencies the worst)" if figures.merged else ""
    note = f"Figures behind the charts, in steps of {duration(figures.bin_s)}{merged}"
    table = tag("table", tag("thead", head), tag("tbody", *body), class_="figures")
    return tag("details", tag("summary", note), scrolling(table, heads), class_="figures-box")


def _written(column: Column, value: float | None) -> str:
    if value is None:
        return NONE
    match column.unit:
        case "s":
            return f"{value:.6g} s"
        case "%":
            return "100 %" if value == 1 else f"{math.floor(value * 10_000) / 100:.2f} %"
        case "ms":
            return milliseconds(value)
        case _:
            return count(int(value))
