"""The section that draws figures over many runs, with their changes for good."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .change_points import SIGNIFICANCE
from .charts import HEIGHT, WIDTH, Scale, draw_grid, linear, ratio_scale, y_labels
from .figures import NONE, change, count, milliseconds
from .markup import Markup, join, tag
from .table import data_table
from .trend import Followed, Step, Trend, levels

_NOTE = (
    "A vertical line marks the first run on a new level: Pettitt's test for a change point, significance "
    f"{100 * SIGNIFICANCE:g} %, steps above 5 % only. The level drawn through the runs is their median."
)


def trend_section(trends: Sequence[Trend]) -> Markup:
    """A chart for each metric, with a table of all figures; empty without a trend."""
    return join(_section(trend, number) for number, trend in enumerate(trends))


def trend_in_words(trend: Trend) -> Iterator[str]:
    """A sentence for each change for good, or that there was none."""
    said = [_step(followed.metric, step) for followed in trend.metrics for step in followed.steps]
    yield from said or [f"No lasting change over {count(len(trend.runs))} {trend.kind} runs."]


def _section(trend: Trend, number: int) -> Markup:
    title = f"Trend over {count(len(trend.runs))} {trend.kind} runs"
    charts = [_chart(trend, n, f"trend-{number}-{n}") for n in range(len(trend.metrics))]
    return tag(
        "section",
        tag("h3", title),
        *(tag("p", sentence, class_="cost") for sentence in trend_in_words(trend)),
        tag("div", *charts, class_="charts-of-runs"),
        _table(trend),
        tag("p", _NOTE, class_="note"),
        *_left_out(trend),
    )


def _left_out(trend: Trend) -> Iterator[Markup]:
    if trend.inconclusive:
        yield tag("p", f"{count(trend.inconclusive)} inconclusive runs were left out.", class_="note")


def _step(metric: str, step: Step) -> str:
    sides = f"from {_written(metric, step.before)} to {_written(metric, step.after)}"
    if step.before and step.after:
        sides += f" ({change(step.after / step.before - 1)})"
    return f"{metric} changed {sides} with the run {step.run} of {step.started.replace('T', ' ')[:16]}."


def _chart(trend: Trend, number: int, key: str) -> Markup:
    followed, column = trend.metrics[number], 2 + number
    values, runs = followed.values, len(trend.runs)
    if followed.metric == "delivery.ratio":
        scale = ratio_scale(values, lambda v: f"{100 * v:g} %")
    else:
        scale = linear([values], milliseconds)
    ends = f"{_written(followed.metric, values[0])} at first, {_written(followed.metric, values[-1])} at last"
    svg = tag(
        "svg",
        tag("title", followed.metric, id=f"{key}-title"),
        tag("desc", f"{followed.metric} over {count(runs)} runs: {ends}.", id=f"{key}-desc"),
        *draw_grid(scale),
        tag("g", tag("path", d=_dots(values, scale), class_="dots"), class_="layer p50"),
        tag("g", tag("path", d=_levels(followed, scale), class_="stroke"), class_="layer last"),
        tag("path", d=_marks(followed), class_="change-mark"),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        preserveAspectRatio="none",
        role="img",
        aria_labelledby=f"{key}-title {key}-desc",
    )
    places = ",".join(f"{100 * _x(run, runs) / WIDTH:.1f}" for run in range(runs))
    plot = tag("div", svg, class_="plot", tabindex="0", data_at=places)
    box = tag("div", y_labels(scale), plot, _x_labels(trend), class_="axes")
    head = tag("figcaption", tag("h4", followed.metric))
    return tag("figure", head, box, class_="chart", data_columns=f"0,1,{column}")


def _x(run: float, runs: int) -> float:
    return WIDTH * (run + 0.5) / runs


def _dots(values: Sequence[float | None], scale: Scale) -> str:
    return "".join(
        f"M{_x(n, len(values)):.1f} {HEIGHT * (1 - scale.place(value)):.2f}h0"
        for n, value in enumerate(values)
        if value is not None
    )


def _levels(followed: Followed, scale: Scale) -> str:
    runs = len(followed.values)
    return "".join(
        f"M{WIDTH * start / runs:.1f} {HEIGHT * (1 - scale.place(level)):.2f}H{WIDTH * end / runs:.1f}"
        for start, end, level in levels(followed)
        if level is not None
    )


def _marks(followed: Followed) -> str:
    return "".join(f"M{WIDTH * run / len(followed.values):.1f} 0V{HEIGHT}" for run in followed.starts)


def _x_labels(trend: Trend) -> Markup:
    ticks = ((0, trend.started[0]), (88, trend.started[-1]))
    return tag("div", *(tag("span", at[:10], style=f"left:{left}%") for left, at in ticks), class_="xs")


def _table(trend: Trend) -> Markup:
    heads = ("run", "started", *(followed.metric for followed in trend.metrics))
    columns = [[_written(f.metric, value) for value in f.values] for f in trend.metrics]
    started = [at.replace("T", " ")[:19] for at in trend.started]
    rows = list(zip(trend.runs, started, *columns, strict=True))
    table = data_table(heads, rows, "figures")
    return tag("details", tag("summary", "Figures behind the charts"), table, class_="figures-box")


def _written(metric: str, value: float | None) -> str:
    if value is None:
        return "lost" if metric.startswith("latency_ms.") else NONE
    return milliseconds(value) if metric.startswith("latency_ms.") else f"{100 * value:.3f} %"
