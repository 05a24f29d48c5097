"""Gates: limits that a run must keep, read from a small TOML file.

    [[gate]]
    metric = "delivery.lost"
    max = 0

    [[gate]]
    metric = "latency_ms.last.p99"
    max = 500
    kind = "load"            # only for runs of this kind

    [[gate]]
    metric = "latency_ms.last.p50"
    max_increase = 0.1       # over the baseline's runs, as a share; or max_decrease

Gates fail closed: a metric that the run does not have, an empty run and an inconclusive run never
meet one; nor does a change from a baseline that is not there.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from .gate_metrics import UnknownMetricError, metric
from .results import Exit, Results

Kind = Literal["conformance", "load"]


class GatesFileError(Exception):
    """The gates file cannot be used; the message says which gate is wrong and what is accepted."""


@dataclass(frozen=True)
class Gate:
    """One limit, inclusive: `least`, `most` or both, or else one of `increase` and `decrease`."""

    metric: str
    least: float | None = None
    most: float | None = None
    kind: Kind | None = None
    """Runs it applies to; None for all."""
    increase: float | None = None
    """The most that the metric may certainly have grown over the baseline, as a share."""
    decrease: float | None = None

    @property
    def against_baseline(self) -> bool:
        """Whether it limits a change; `baseline_gates` judges those."""
        return self.increase is not None or self.decrease is not None

    @property
    def rule(self) -> str:
        """For example `delivery.lost ≤ 0`, or `latency_ms.last.p50 ≤ baseline + 10 %`."""
        if self.increase is not None:
            return f"{self.metric} ≤ baseline + {100 * self.increase:g} %"
        if self.decrease is not None:
            return f"{self.metric} ≥ baseline - {100 * self.decrease:g} %"
        if self.least is None:
            return f"{self.metric} ≤ {_number(self.most)}"
        if self.most is None:
            return f"{self.metric} ≥ {_number(self.least)}"
        return f"{_number(self.least)} ≤ {self.metric} ≤ {_number(self.most)}"


@dataclass(frozen=True)
class GateRow:
    """One gate, held against one run."""

    rule: str
    observed: float | None
    limit: float | None
    """The limit that was missed, or that is nearer."""
    margin: float | None
    """How far `observed` is inside the limit; negative when it was missed."""
    outcome: Literal["met", "missed", "undecided"]
    """`undecided` is no pass: the run could not show whether the limit was kept."""
    reason: str = ""

    @property
    def met(self) -> bool:
        return self.outcome == "met"

    @property
    def exit(self) -> Exit:
        return {"met": Exit.OK, "missed": Exit.VIOLATION, "undecided": Exit.INCONCLUSIVE}[self.outcome]


def read_gates(path: Path) -> tuple[Gate, ...]:
    """The gates in a TOML file. Raises GatesFileError."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise GatesFileError(f"cannot read {path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise GatesFileError(f"{path} is not TOML: {error}") from error
    try:
        return _gates_in(document)
    except ValueError as error:
        raise GatesFileError(f"{path}: {error}") from error


def judge_gates(gates: Iterable[Gate], results: Results) -> tuple[GateRow, ...]:
    """Hold the gates that apply to this kind of run against it, those against a baseline left out."""
    return tuple(
        _judge(gate, results)
        for gate in gates
        if gate.kind in (None, results.kind) and not gate.against_baseline
    )


def unused_gates(gates: Iterable[Gate], runs: Sequence[Results]) -> tuple[GateRow, ...]:
    """A row for each gate that no run was there for; it is undecided, so it never passes."""
    kinds = {run.kind for run in runs}
    return tuple(
        undecided(gate, None, f"no {gate.kind} run was given")
        for gate in gates
        if gate.kind is not None and gate.kind not in kinds
    )


def _judge(gate: Gate, results: Results) -> GateRow:
    observed = metric(gate.metric)(results)
    if results.cut_short or results.verdict in ("inconclusive", "error"):
        state = "cut short" if results.cut_short else "inconclusive"
        why = results.reason if results.verdict != "error" else f"harness error: {results.reason}"
        return undecided(gate, observed, f"the run is {state}: {why}")
    of_deliveries = gate.metric.startswith(("delivery.", "latency_ms."))
    if of_deliveries and results.delivery.owed == 0:
        return undecided(gate, observed, "the run is empty: no delivery was owed")
    if of_deliveries and gate.metric.startswith("latency_ms.") and results.generator.saturated:
        return undecided(gate, observed, f"the load generator was saturated: {results.generator.reason}")
    if observed is None:
        return _judge_absent(gate, results)
    row = _judge_number(gate, observed)
    doubt_ms = _doubt_ms(gate, results)
    if row.margin is not None and abs(row.margin) < doubt_ms:
        why = f"latencies between hosts are exact to ±{doubt_ms:.3g} ms, which is more than the margin"
        return undecided(gate, observed, why)
    return row


def _doubt_ms(gate: Gate, results: Results) -> float:
    """So far from the truth may the metric be, because the clocks of several hosts measured it."""
    family, _, figure = gate.metric.partition(".")
    counted = figure.endswith((".count", ".lost"))
    return (results.latency_ms.clock_error_ms or 0.0) if family == "latency_ms" and not counted else 0.0


def _judge_absent(gate: Gate, results: Results) -> GateRow:
    _, _, part = gate.metric.partition("latency_ms.")
    samples = getattr(results.latency_ms, part.split(".")[0]) if part else None
    if samples is not None and samples.lost:
        reason = f"{samples.lost:,} of {samples.count:,} were lost: so high a percentile has no finite value"
        limit = gate.most if gate.most is not None else gate.least
        return GateRow(gate.rule, None, limit, None, "missed", reason)
    return undecided(gate, None, "the run has no such figure")


def _judge_number(gate: Gate, observed: float) -> GateRow:
    sides = [(gate.most, gate.most - observed)] if gate.most is not None else []
    if gate.least is not None:
        sides.append((gate.least, observed - gate.least))
    limit, margin = min(sides, key=lambda side: side[1])
    return GateRow(gate.rule, observed, limit, margin, "met" if margin >= 0 else "missed")


def undecided(gate: Gate, observed: float | None, reason: str) -> GateRow:
    """A row for a gate of which the runs do not show whether it was kept."""
    limits = (gate.most, gate.least, gate.increase, gate.decrease)
    limit = next((limit for limit in limits if limit is not None), None)
    return GateRow(gate.rule, observed, limit, None, "undecided", reason)


def _gates_in(document: Mapping[str, Any]) -> tuple[Gate, ...]:
    unknown = sorted(set(document) - {"gate"})
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}; a gates file holds [[gate]] tables")
    tables = document.get("gate", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ValueError("`gate` must be a list of tables: write [[gate]], not [gate]")
    if not tables:
        raise ValueError("no [[gate]] in it; an empty gates file would pass anything")
    return tuple(_gate(number, table) for number, table in enumerate(tables, start=1))


def _gate(number: int, table: Mapping[str, Any]) -> Gate:
    name = str(table.get("metric", ""))
    where = f"gate {number} ({name})" if name else f"gate {number}"
    if unknown := sorted(set(table) - set(_KEYS)):
        raise ValueError(f"{where}: unknown key {unknown[0]!r}; accepted are {', '.join(_KEYS)}")
    if not name:
        raise ValueError(f'{where}: `metric` is missing; for example metric = "delivery.lost"')
    try:
        metric(name)
    except UnknownMetricError as error:
        raise ValueError(f"{where}: {error}") from error
    least, most = _limit(where, table, "min"), _limit(where, table, "max")
    changes = increase, decrease = _limit(where, table, "max_increase"), _limit(where, table, "max_decrease")
    if sum((least is not None or most is not None, increase is not None, decrease is not None)) != 1:
        raise ValueError(f"{where}: needs `min`, `max` or both, or one of `max_increase` and `max_decrease`")
    if any(change is not None and change < 0 for change in changes):
        raise ValueError(f"{where}: a change is a share from 0; 0.1 is 10 %")
    if least is not None and most is not None and least > most:
        raise ValueError(f"{where}: min {_number(least)} is above max {_number(most)}; nothing could meet it")
    kind = table.get("kind")
    if kind not in (None, "conformance", "load"):
        raise ValueError(f'{where}: kind must be "conformance" or "load", not {kind!r}')
    return Gate(name, least, most, kind, increase, decrease)


_KEYS = ("metric", "min", "max", "max_increase", "max_decrease", "kind")


def _limit(where: str, table: Mapping[str, Any], key: str) -> float | None:
    value = table.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{where}: {key} must be a finite number, not {value!r}")
    return float(value)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"
