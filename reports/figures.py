"""Numbers as people read them; the same in the terminal, in Markdown and on the page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

from .bootstrap import Change
from .printable import printable
from .proportion import Proportion
from .results import Delivery, Latency, Percentiles

NONE = "—"

PercentileName = Literal["p50", "p95", "p99", "p999", "max"]
PERCENTILE_NAMES: Mapping[PercentileName, str] = {
    "p50": "p50",
    "p95": "p95",
    "p99": "p99",
    "p999": "p99.9",
    "max": "max",
}


def count(number: int) -> str:
    return f"{number:,}"


def milliseconds(value: float | None) -> str:
    """Three significant digits and the unit that suits them."""
    if value is None:
        return NONE
    if abs(value) >= 60_000:
        return duration(value / 1000)
    if abs(value) >= 1000:
        return f"{_three_digits(value / 1000)} s"
    return f"{_three_digits(value)} ms"


def quantity(amount: float) -> str:
    """A count, or three significant digits where it is no whole number."""
    return (
        count(int(amount))
        if amount == int(amount)
        else f"{amount:,.3g}"
        if amount < 1000
        else f"{amount:,.0f}"
    )


def usd(amount: float) -> str:
    """US dollars with as many digits as tell something: `$12.40`, `$0.0031`, `$0.0000042`."""
    if amount >= 0.1 or amount <= 0:
        return f"${amount:,.2f}"
    digits = 1 - math.floor(math.log10(amount))
    return f"${amount:.{min(digits, 12)}f}"


def change(share: float) -> str:
    """`+12 %`, `-0.4 %`, `3.1 times`."""
    if share >= 2:
        return f"{1 + share:.1f} times"
    percent = 100 * share
    digits = 0 if abs(percent) >= 10 else 1
    return f"{percent:+.{digits}f} %"


def change_in_words(of: Change) -> str:
    """The change with its interval: `+38 % (+21 % to +55 %)`."""
    return f"{change(of.middle)} ({change(of.low)} to {change(of.high)})"


def duration(seconds: float) -> str:
    """`12.3 s`, `4 min 05 s`, `2 h 03 min`."""
    if seconds < 60:
        return f"{_three_digits(seconds)} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def share(part: int, whole: int) -> str:
    """A percentage that says 100 % only when nothing is missing, and 0 % only when nothing is there."""
    if whole == 0:
        return NONE
    if part == whole:
        return "100 %"
    percent = 100 * part / whole
    if percent > 99.999:
        return "> 99.999 %"
    if percent > 99.9:
        return f"{percent:.3f} %"
    if 0 < percent < 0.01:
        return "< 0.01 %"
    return f"{percent:.2f} %" if percent < 10 or percent > 90 else f"{percent:.1f} %"


def rate(of: Proportion) -> str:
    """`3 of 10 times (95 % confidence interval 11 % to 60 %)`."""
    return f"{count(of.count)} of {count(of.of)} times ({interval(of)})"


def interval(of: Proportion) -> str:
    """`95 % confidence interval 11 % to 60 %`."""
    return f"95 % confidence interval {100 * of.low:.0f} % to {100 * of.high:.0f} %"


def percentile(of: Percentiles, name: PercentileName) -> str:
    """The percentile, or `lost` where it falls among the pairs that never arrived."""
    value: float | None = getattr(of, name)
    if value is None and of.lost:
        return "lost"
    return milliseconds(value)


def between_hosts(latency: Latency) -> str:
    """How exact latencies are where clocks of several hosts measured them: `, ±3.10 ms between hosts`."""
    error_ms = latency.clock_error_ms
    return "" if error_ms is None else f", ±{milliseconds(error_ms)} between hosts"


def lost_in_words(delivery: Delivery) -> str:
    """What was lost, as a clause of a sentence."""
    if delivery.messages == 0:
        return "no message was judged"
    if delivery.owed == 0:
        return "nothing was owed"
    if delivery.lost == 0:
        return f"none of {count(delivery.owed)} owed deliveries lost"
    part = share(delivery.lost, delivery.owed)
    return f"{count(delivery.lost)} of {count(delivery.owed)} owed deliveries lost ({part})"


def evidence(counts: Mapping[str, Any]) -> str:
    """`owed 120, delivered 118`; values that are no numbers are shown as text."""
    return ", ".join(f"{printable(str(name), 60)} {_value(value)}" for name, value in counts.items())


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return count(value)
    if isinstance(value, float):
        return _three_digits(value)
    if isinstance(value, (list, tuple)):
        return printable(", ".join(str(item) for item in value), 120) or NONE
    return printable(str(value), 120) if value is not None else NONE


def _three_digits(value: float) -> str:
    if not math.isfinite(value):
        return str(value)
    size = abs(value)
    if size >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}"
