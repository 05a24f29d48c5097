"""The metrics that a gate can name: dotted paths into the results, and a few derived ones."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import fields

from .results import Delivery, Latency, Outcome, Percentiles, Results

Value = float | None


class UnknownMetricError(ValueError):
    """No metric has this name; the message lists near ones."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name
        self.near = difflib.get_close_matches(name, metric_names(), n=4, cutoff=0.4)

    def __str__(self) -> str:
        if self.near:
            return f"unknown metric {self.name!r}; near names: {', '.join(self.near)}"
        return f"unknown metric {self.name!r}; metrics are for example {', '.join(_EXAMPLES)}"


_EXAMPLES = ("delivery.lost", "delivery.ratio", "latency_ms.last.p99", "clauses.failed")


def metric_names() -> list[str]:
    """Every fixed name, and a placeholder for the names that runs make up."""
    return [*_FIXED, "close_codes.<code>", "connects.<status>"]


def metric(name: str) -> Callable[[Results], Value]:
    """What reads the metric `name` from a run; its answer is None where the run has no such figure.

    Raises UnknownMetricError.
    """
    if name in _FIXED:
        return _FIXED[name]
    family, _, key = name.partition(".")
    if family == "close_codes" and re.fullmatch(r"[1-4]\d{3}|none|abort|half-open", key):
        return lambda results: _tally(results, results.close_codes, key)
    if family == "connects" and re.fullmatch(r"[1-5]\d\d|failed|unknown", key):
        return lambda results: _tally(results, results.connects, key)
    raise UnknownMetricError(name)


def _tally(results: Results, counts: Mapping[str, int], key: str) -> Value:
    # A code that nobody saw counts 0, but only in a run that recorded its connections at all.
    return counts.get(key, 0) if results.connects else None


def _ratio(results: Results) -> Value:
    delivery = results.delivery
    return delivery.delivered / delivery.owed if delivery.owed else None


def _delivery(name: str) -> Callable[[Results], Value]:
    return lambda results: float(getattr(results.delivery, name))


def _percentile(part: str, name: str) -> Callable[[Results], Value]:
    def read(results: Results) -> Value:
        value: Value = getattr(getattr(results.latency_ms, part), name)
        return value

    return read


def _outcomes(*outcomes: Outcome) -> Callable[[Results], Value]:
    def read(results: Results) -> Value:
        # No clause judged is no evidence that none failed.
        return sum(c.outcome in outcomes for c in results.clauses) if results.clauses else None

    return read


_FIXED: Mapping[str, Callable[[Results], Value]] = {
    **{f"delivery.{f.name}": _delivery(f.name) for f in fields(Delivery)},
    "delivery.ratio": _ratio,
    **{
        f"latency_ms.{part.name}.{f.name}": _percentile(part.name, f.name)
        for part in fields(Latency)
        if isinstance(part.default, Percentiles)
        for f in fields(Percentiles)
    },
    "clauses.total": lambda results: len(results.clauses),
    "clauses.passed": _outcomes(Outcome.PASS),
    "clauses.non_strict": _outcomes(Outcome.NON_STRICT),
    "clauses.failed": _outcomes(Outcome.FAIL),
    "clauses.known": _outcomes(Outcome.KNOWN),
    "clauses.waived": _outcomes(Outcome.WAIVED),
    "clauses.skipped": _outcomes(Outcome.SKIP),
    "clauses.unknown": _outcomes(Outcome.UNKNOWN),
    "clauses.errors": _outcomes(Outcome.ERROR),
    "stale_rows.planted": lambda results: results.stale_rows.get("planted"),
    "stale_rows.removed": lambda results: results.stale_rows.get("removed"),
    "stale_rows.left": lambda results: results.stale_rows.get("left"),
    "generator.worst_lag_ms": lambda results: results.generator.worst_lag_ms,
    "generator.worst_receive_lag_ms": lambda results: results.generator.worst_receive_lag_ms,
    "generator.cpu_median": lambda results: results.generator.cpu_median,
    "generator.cpu_max": lambda results: results.generator.cpu_max,
    "cost.run_usd": lambda results: results.cost.run_usd if results.cost else None,
    "cost.month_usd": lambda results: results.cost.month_usd if results.cost else None,
    "duration_s": lambda results: results.duration_s,
}
