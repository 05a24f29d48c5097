"""Charts over time as small SVG of our own: data in, markup out.

No charting library: the page must be self-contained, readable without scripts, and below 2 MB for
several runs; the smallest maintained ones add 50 KB to 1 MB of script and draw nothing without it.

The SVG is stretched to the width of its box (`preserveAspectRatio="none"`) with strokes that do not
scale, and labels are HTML around it, so that text has its proper size on a phone and on a wide screen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from .figures import duration
from .markup import Markup, join, tag
from .results import PhaseSpan

WIDTH, HEIGHT = 1000, 100
"""User units of the drawing."""

_LONGEST_CROSSING = 10
"""Silent bins that a line may cross."""

Values = Sequence[float | None]


@dataclass(frozen=True)
class Layer:
    """One series. `look` is its CSS class, which gives colour and dashes; `shape` how it is drawn."""

    name: str
    values: Values
    look: str
    shape: str = "line"
    """`line`, `area`, `bars` up or down from zero, `marks` at the bottom where the value is not 0, or
    `cells`, which a heatmap draws."""
    column: int = 0
    """Its column in the table of figures."""
    silent: frozenset[int] = frozenset()
    """Bins in which there was nothing to measure: a line crosses a few of them, and stops at others."""


@dataclass(frozen=True)
class Scale:
    """The vertical axis."""

    low: float
    high: float
    label: Callable[[float], str]
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Height above the base line, 0 to 1."""
        if self.logarithmic:
            value, low, high = (math.log(max(v, self.low)) for v in (value, self.low, self.high))
        else:
            low, high = self.low, self.high
        return min(1.0, max(0.0, (value - low) / (high - low)))

    def ticks(self) -> list[float]:
        """Round values on the axis that have a label."""
        return [tick for tick in self._round_values() if self.label(tick)]

    def _round_values(self) -> list[float]:
        if self.logarithmic:
            return _decades(self.low, self.high)
        step = _round_step((self.high - self.low) / 4)
        first = math.ceil(self.low / step - 1e-9)
        return [n * step for n in range(first, math.floor(self.high / step + 1e-9) + 1)]


@dataclass(frozen=True)
class TimeChart:
    """Layers over the same bins."""

    key: str
    """Unique in the page."""
    title: str
    summary: str
    """What the chart shows, in a sentence for those who do not see it."""
    layers: tuple[Layer, ...]
    scale: Scale
    bin_s: float
    bins: int
    phases: tuple[PhaseSpan, ...] = ()
    note: str = ""
    shown: tuple[int, ...] = ()
    """Columns of the table that the pointer shows; those of the layers when empty."""


def linear(values: Iterable[Values], label: Callable[[float], str], *, least_high: float = 1.0) -> Scale:
    """A scale from zero to a round value above all `values`."""
    high = max([v for series in values for v in series if v is not None], default=0.0)
    step = _round_step(max(high, least_high) / 4)
    return Scale(0.0, step * max(1, math.ceil(max(high, least_high) / step - 1e-9)), label)


def mirrored(values: Iterable[Values], label: Callable[[float], str]) -> Scale:
    """A scale with zero in the middle, for what goes up and what goes down; labels have no sign."""
    high = linear([[abs(v) for v in series if v is not None] for series in values], label, least_high=2).high
    return Scale(-high, high, lambda value: label(abs(value)))


def fitting(values: Iterable[Values], label: Callable[[float], str]) -> Scale:
    """A scale for latencies: linear from zero, or logarithmic where they differ thirtyfold or more."""
    series = [list(s) for s in values]
    present = [v for s in series for v in s if v is not None and v > 0]
    if not present or max(present) < 30 * min(present):
        return linear(series, label)
    low = 10.0 ** math.floor(math.log10(min(present)))
    return Scale(low, max(present) * 1.15, label, logarithmic=True)


def ratio_scale(ratios: Values, label: Callable[[float], str]) -> Scale:
    """A scale up to 100 % that begins just below the worst ratio, so that a small loss can be seen."""
    worst = min([v for v in ratios if v is not None], default=1.0)
    low = next(floor for floor in (0.99, 0.95, 0.9, 0.75, 0.5, 0.0) if worst > floor or floor == 0.0)
    return Scale(low, 1.0, label)


def draw_chart(chart: TimeChart) -> Markup:
    """The chart as an HTML figure; the table of figures is its alternative (`data-columns`)."""
    return draw_frame(chart, (_layer(layer, chart) for layer in chart.layers))


def draw_frame(chart: TimeChart, drawings: Iterable[Markup]) -> Markup:
    """Title, legend and axes around `drawings`, one a layer, in units of WIDTH by HEIGHT."""
    title_id, desc_id = f"{chart.key}-title", f"{chart.key}-desc"
    svg = tag(
        "svg",
        tag("title", chart.title, id=title_id),
        tag("desc", chart.summary, id=desc_id),
        *_shading(chart),
        *draw_grid(chart.scale),
        *drawings,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        preserveAspectRatio="none",
        role="img",
        aria_labelledby=f"{title_id} {desc_id}",
    )
    plot = tag("div", svg, _phase_names(chart), class_="plot", tabindex="0", data_bins=chart.bins)
    head = tag("figcaption", tag("h4", chart.title), _legend(chart), _note(chart))
    box = tag("div", y_labels(chart.scale), plot, _x_labels(chart), class_="axes")
    columns = ",".join(map(str, chart.shown or (layer.column for layer in chart.layers)))
    return tag("figure", head, box, class_="chart", data_columns=columns)


def _layer(layer: Layer, chart: TimeChart) -> Markup:
    heights = [None if v is None else HEIGHT * (1 - chart.scale.place(v)) for v in layer.values]
    look = f"layer {layer.look}"
    if layer.shape == "bars":
        zero = HEIGHT * (1 - chart.scale.place(0.0))
        return tag("path", d=_bars(heights, zero, chart.bins), class_=f"{look} bars")
    if layer.shape == "marks":
        return tag("path", d=_marks(layer.values, chart.bins), class_=f"{look} marks")
    draw = _area if layer.shape == "area" else _line
    return tag("g", *draw(heights, layer, chart.bins), class_=look)


def _line(heights: Sequence[float | None], layer: Layer, bins: int) -> Iterator[Markup]:
    """Lines with a gap where there is no value; a lone value is a dot (a line of no length)."""
    runs = list(_runs(heights, layer.silent))
    # Further points after a moveto are linetos (SVG 2, section 9.3.3).
    lines = "".join(f"M{_points(run, bins)}" for run in runs if len(run) > 1)
    dots = "".join(f"M{_points(run, bins)}h0" for run in runs if len(run) == 1)
    yield from (tag("path", d=d, class_=look) for d, look in ((lines, "stroke"), (dots, "dots")) if d)


def _area(heights: Sequence[float | None], layer: Layer, bins: int) -> Iterator[Markup]:
    parts = []
    for run in _runs(heights, layer.silent):
        start, end = _middle(run[0][0], bins), _middle(run[-1][0], bins)
        parts.append(f"M{start:.1f} {HEIGHT}L{_points(run, bins)} {end:.1f} {HEIGHT}Z")
    yield tag("path", d="".join(parts), class_="fill")
    yield from _line(heights, layer, bins)


def _points(run: Sequence[tuple[int, float]], bins: int) -> str:
    return " ".join(f"{_middle(n, bins):.1f} {y:.2f}" for n, y in run)


def _bars(heights: Sequence[float | None], zero: float, bins: int) -> str:
    width = WIDTH / bins
    return "".join(
        f"M{n * width + width * 0.12:.1f} {zero:.2f}V{y:.2f}h{width * 0.76:.2f}V{zero:.2f}Z"
        for n, y in enumerate(heights)
        if y is not None and y != zero
    )


def _marks(values: Values, bins: int) -> str:
    return "".join(f"M{_middle(n, bins):.1f} {HEIGHT}v-9" for n, value in enumerate(values) if value)


def _runs(heights: Sequence[float | None], silent: frozenset[int]) -> Iterator[list[tuple[int, float]]]:
    """The stretches that are drawn in one go."""
    run: list[tuple[int, float]] = []
    for n, y in enumerate(heights):
        if y is None:
            continue
        if run and not _may_cross(run[-1][0] + 1, n, silent):
            yield run
            run = []
        run.append((n, y))
    if run:
        yield run


def _may_cross(start: int, end: int, silent: frozenset[int]) -> bool:
    return end - start <= _LONGEST_CROSSING and all(n in silent for n in range(start, end))


def _middle(n: int, bins: int) -> float:
    return (n + 0.5) * WIDTH / bins


def _shading(chart: TimeChart) -> Iterator[Markup]:
    for span in _main_phases(chart):
        x, width = _share(span.start_s, chart), _share(span.end_s, chart) - _share(span.start_s, chart)
        yield tag("rect", x=x * WIDTH, y=0, width=width * WIDTH, height=HEIGHT, class_="phase")


def _phase_names(chart: TimeChart) -> Markup:
    """Names of the shaded phases, where there is room for a name."""
    names = [
        tag("span", span.workload, style=f"left:{100 * _share(span.start_s, chart):.2f}%")
        for span in _main_phases(chart)
        if _share(span.end_s, chart) - _share(span.start_s, chart) >= 0.12
    ]
    return tag("div", *names, class_="phase-names", aria_hidden="true")


def _main_phases(chart: TimeChart) -> list[PhaseSpan]:
    """Evidence counts in `main`: set-up, heal, settle and final stay unshaded."""
    return [p for p in chart.phases if p.name == "main" and p.end_s > p.start_s]


def _share(at_s: float, chart: TimeChart) -> float:
    """Place on the time axis, 0 to 1."""
    return min(1.0, max(0.0, at_s / _duration(chart)))


def draw_grid(scale: Scale) -> Iterator[Markup]:
    for tick in scale.ticks():
        yield tag("path", d=f"M0 {HEIGHT * (1 - scale.place(tick)):.2f}H{WIDTH}", class_="grid")


def y_labels(scale: Scale) -> Markup:
    labels = [
        tag("span", scale.label(tick), style=f"bottom:{100 * scale.place(tick):.2f}%")
        for tick in scale.ticks()
    ]
    return tag("div", *labels, class_="ys", aria_hidden="true")


def _x_labels(chart: TimeChart) -> Markup:
    total = _duration(chart)
    step = next((s for s in _TIME_STEPS_S if total / s <= 6), 3600 * math.ceil(total / 6 / 3600))
    ticks = [n * step for n in range(math.floor(total / step + 1e-9) + 1)]
    labels = [
        tag("span", duration(t) if t else "0", style=f"left:{100 * t / total:.2f}%")
        for t in ticks
        if t <= 0.97 * total
    ]
    return tag("div", *labels, class_="xs", aria_hidden="true")


_TIME_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)


def _legend(chart: TimeChart) -> Markup:
    items = [tag("span", tag("i", class_=layer.look), layer.name, class_="key") for layer in chart.layers]
    return tag("p", join(items, " "), class_="legend") if len(items) > 1 else Markup("")


def _note(chart: TimeChart) -> Markup:
    return tag("p", chart.note, class_="note") if chart.note else Markup("")


def _duration(chart: TimeChart) -> float:
    return chart.bins * chart.bin_s


def _round_step(rough: float) -> float:
    size = 10.0 ** math.floor(math.log10(rough))
    return next(m * size for m in (1, 2, 2.5, 5, 10) if rough <= m * size * (1 + 1e-9))


def _decades(low: float, high: float) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    factors = (1, 3) if last - first <= 2 else (1,)
    ticks = [f * 10.0**n for n in range(first, last + 1) for f in factors]
    return [t for t in ticks if low * 0.999 <= t <= high]
