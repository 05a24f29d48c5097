"""Gates that limit a change: the runs held against those of a baseline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .baseline import Comparison, compare_metric
from .baseline_section import sentence_of
from .bootstrap import Change
from .figures import change_in_words
from .gates import Gate, GateRow, undecided
from .results import Results


def judge_against_baseline(
    gates: Iterable[Gate], new: Sequence[Results], base: Sequence[Results]
) -> tuple[GateRow, ...]:
    """A row for each gate that limits a change, and each kind of run that it applies to.

    A gate is missed when the change is certainly larger than its limit: when the whole interval is.
    Without a baseline, or with too few runs, it is undecided.
    """
    kinds = sorted({run.kind for run in new})
    return tuple(
        _judge(gate, *([run for run in runs if run.kind == kind] for runs in (new, base)))
        for gate in gates
        if gate.against_baseline
        for kind in ([gate.kind] if gate.kind in kinds else kinds if gate.kind is None else [])
    )


def judge_comparison(comparison: Comparison) -> GateRow:
    """The gate of a comparison when no gate limits a change: nothing may have regressed.

    With too few runs it is undecided: a comparison that could tell nothing does not pass.
    """
    rule = f"regressed metrics of {comparison.kind} runs ≤ 0"
    reason = sentence_of(comparison).removesuffix(".")
    regressed = sum(row.judgement == "regressed" for row in comparison.rows)
    if comparison.judgement == "not enough runs":
        return GateRow(rule, None, 0, None, "undecided", reason)
    return GateRow(rule, regressed, 0, -regressed, "missed" if regressed else "met", reason)


def _judge(gate: Gate, new: Sequence[Results], base: Sequence[Results]) -> GateRow:
    if not base:
        return undecided(gate, None, "no baseline was given for this kind of run")
    weak = [run for run in new if run.cut_short or run.verdict in ("inconclusive", "error")]
    if weak:
        return undecided(gate, None, f"{len(weak)} of {len(new)} runs are inconclusive: {weak[0].reason}")
    found = compare_metric(gate.metric, new, base)
    if found.change is None:
        if found.judgement == "regressed":
            return GateRow(gate.rule, None, gate.increase, None, "missed", found.reason)
        return undecided(gate, None, found.reason)
    limit, certain = _limit_and_change(gate, found.change)
    if certain <= limit and found.judgement == "not enough runs":
        return undecided(gate, None, found.reason)
    runs = f"{change_in_words(found.change)}, {len(found.new)} against {len(found.base)} runs"
    return GateRow(
        gate.rule,
        certain,
        limit,
        limit - certain,
        "met" if certain <= limit else "missed",
        f"changed by {runs}",
    )


def _limit_and_change(gate: Gate, change: Change) -> tuple[float, float]:
    """The limit, and by how much the metric has moved towards it for certain; 0 where that is open."""
    if gate.increase is not None:
        return gate.increase, max(0.0, change.low)
    assert gate.decrease is not None
    return gate.decrease, max(0.0, -change.high)
