"""The section that tells what a further recipient costs."""

from __future__ import annotations

from collections.abc import Iterator

from .charts import HEIGHT, WIDTH, Scale, draw_grid, linear, y_labels
from .figures import count, milliseconds
from .markup import Markup, join, tag
from .results import FanOut
from .table import scrolling


def fan_out_section(found: FanOut, key: str) -> Markup:
    """Latency to the last recipient by number of recipients, with the fitted line; empty without figures."""
    if not found.recipients:
        return Markup("")
    chart = _chart(found, f"{key}-fan-out") if len(found.recipients) > 1 else Markup("")
    parts = (
        tag("p", cost_in_words(found), class_="cost"),
        chart,
        _table(found),
        tag("p", _NOTE, class_="note"),
    )
    return tag("section", tag("h3", "Fan-out"), *parts)


_NOTE = (
    "Over messages that reached all of their owed recipients, from the intended send. Connections that "
    "were joining or leaving are not counted as recipients, although the backend may have served them too."
)


def cost_in_words(found: FanOut) -> str:
    """The fitted cost of one more recipient, or why there is none."""
    slope, error = found.per_recipient_ms, found.per_recipient_error_ms
    if slope is None or error is None or found.base_ms is None:
        return f"The cost per additional recipient was not fitted: {found.reason}."
    few, many = found.recipients[0], found.recipients[-1]
    span = f"fitted from {few:.0f} to {many:.0f} recipients over {count(sum(found.messages))} messages"
    if slope <= -error:
        return f"The last recipient is not later when there are more; something else dominates ({span})."
    if slope <= error:
        most = milliseconds(slope + error)
        return f"The cost per additional recipient is lost in the noise: less than {most} ({span})."
    thousand = found.base_ms + 1000 * slope
    return (
        f"Each additional recipient delays the last one by {milliseconds(slope)} ± {milliseconds(error)} "
        f"({span}); extrapolated, the last of 1,000 receives the message after {milliseconds(thousand)}."
    )


def _chart(found: FanOut, key: str) -> Markup:
    few, many = found.recipients[0], found.recipients[-1]
    ends = _line(found, few, many)
    scale = linear([found.last_p50_ms, found.last_p95_ms], milliseconds)  # on a log scale no line is straight
    svg = tag(
        "svg",
        tag("title", "Last recipient by number of recipients", id=f"{key}-title"),
        tag("desc", cost_in_words(found), id=f"{key}-desc"),
        *draw_grid(scale),
        tag("path", d=_spans(found, scale), class_="layer p95 span"),
        tag("g", tag("path", d=_dots(found, scale), class_="dots"), class_="layer p50"),
        _fitted_line(ends, scale),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        preserveAspectRatio="none",
        role="img",
        aria_labelledby=f"{key}-title {key}-desc",
    )
    head = tag("figcaption", tag("h4", "Last recipient by number of recipients"), _legend(bool(ends)))
    places = ",".join(f"{100 * x / WIDTH:.1f}" for x in _places(found))
    plot = tag("div", svg, class_="plot", tabindex="0", data_at=places)
    box = tag("div", y_labels(scale), plot, _x_labels(few, many), class_="axes")
    return tag("figure", head, box, class_="chart", data_columns="0,1,2,3")


def _line(found: FanOut, few: float, many: float) -> tuple[float, ...]:
    """Its height at both ends; empty when nothing was fitted."""
    if found.per_recipient_ms is None or found.base_ms is None:
        return ()
    return tuple(found.base_ms + at * found.per_recipient_ms for at in (few, many))


def _fitted_line(ends: tuple[float, ...], scale: Scale) -> Markup:
    if not ends:
        return Markup("")
    left, right = (HEIGHT * (1 - scale.place(value)) for value in ends)
    line = tag("path", d=f"M0 {left:.2f}L{WIDTH} {right:.2f}", class_="stroke")
    return tag("g", line, class_="layer last")


def _places(found: FanOut) -> Iterator[float]:
    few, many = found.recipients[0], found.recipients[-1]
    yield from (WIDTH * (at - few) / (many - few) for at in found.recipients)


def _spans(found: FanOut, scale: Scale) -> str:
    ends = zip(_places(found), found.last_p50_ms, found.last_p95_ms, strict=True)
    return "".join(
        f"M{x:.1f} {HEIGHT * (1 - scale.place(low)):.2f}V{HEIGHT * (1 - scale.place(high)):.2f}"
        for x, low, high in ends
    )


def _dots(found: FanOut, scale: Scale) -> str:
    medians = zip(_places(found), found.last_p50_ms, strict=True)
    return "".join(f"M{x:.1f} {HEIGHT * (1 - scale.place(y)):.2f}h0" for x, y in medians)


def _legend(fitted: bool) -> Markup:
    looks = [("p95", "p50 to p95"), ("p50", "p50"), *([("last", "fitted")] if fitted else [])]
    keys = [tag("span", tag("i", class_=look), name, class_="key") for look, name in looks]
    return tag("p", join(keys, " "), class_="legend")


def _x_labels(few: float, many: float) -> Markup:
    ticks = [(0, f"{few:.0f} recipients"), (50, f"{(few + many) / 2:.0f}"), (94, f"{many:.0f}")]
    return tag("div", *(tag("span", name, style=f"left:{at}%") for at, name in ticks), class_="xs")


def _table(found: FanOut) -> Markup:
    heads = ("recipients", "messages", "last recipient p50", "p95")
    columns = (found.recipients, found.messages, found.last_p50_ms, found.last_p95_ms)
    body = [
        tag("tr", *(tag("td", cell) for cell in (f"{n:.4g}", count(m), milliseconds(a), milliseconds(b))))
        for n, m, a, b in zip(*columns, strict=True)
    ]
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in heads)))
    table = tag("table", head, tag("tbody", *body), class_="figures")
    return tag(
        "details",
        tag("summary", "Figures behind the chart"),
        scrolling(table, heads),
        class_="figures-box",
    )
