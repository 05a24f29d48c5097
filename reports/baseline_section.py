"""Comparisons with a baseline, in words and as a section of the page."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import geometric_mean

from .baseline import Compared, Comparison, Judgement
from .bootstrap import CONFIDENCE
from .figures import NONE, change, change_in_words, milliseconds
from .markup import Markup, join, tag
from .table import data_table

HEADLINES: dict[Judgement, str] = {
    "regressed": "Regressed",
    "improved": "Improved",
    "within noise": "Within noise",
    "not enough runs": "Not enough runs",
}
LOOKS: dict[Judgement, str] = {
    "regressed": "fail",
    "improved": "pass",
    "within noise": "pass",
    "not enough runs": "unknown",
}
SIGNS: dict[Judgement, str] = {"regressed": "✗", "improved": "✓", "within noise": "≈", "not enough runs": "?"}

ROW_HEADS = ("Metric", "Verdict", "Baseline", "Now", "Change", f"{100 * CONFIDENCE:g} % interval", "Why")


def comparison_section(comparisons: Sequence[Comparison]) -> Markup:
    """Every metric on both sides; empty without a comparison."""
    if not comparisons:
        return Markup("")
    parts = [part for comparison in comparisons for part in _one(comparison)]
    return tag("section", tag("h3", "Compared with the baseline"), *parts)


def sentence_of(comparison: Comparison) -> str:
    """What came of it, in one sentence."""
    row = comparison.telling
    runs = f"{comparison.new_runs} against {comparison.base_runs} {comparison.kind} runs"
    if row is None:
        return f"Nothing could be compared: {runs}."
    if row.change is None:
        return f"{row.reason}." if _all_alike(comparison) else f"{row.metric}: {row.reason}."
    if row.reason:
        return f"{row.metric} {change_in_words(row.change)} over {runs}: {row.reason}."
    if row.judgement == "within noise":
        hidden = f"so a change of up to {change(row.change.high)} could hide in it"
        found = f"{row.metric} {change_in_words(row.change)}, {hidden}"
        return f"No metric changed beyond the noise of {runs}; {found}."
    return f"{row.metric} {row.judgement}: {change_in_words(row.change)} over {runs}."


def answer_of(comparison: Comparison) -> str:
    """Whether it got worse, with the sentence that says why."""
    return f"Did it get worse? {HEADLINES[comparison.judgement]}: {sentence_of(comparison)}"


def answer_line(comparison: Comparison) -> Markup:
    """The same for the first screen, where it stands out beside the verdict."""
    look, sign = LOOKS[comparison.judgement], SIGNS[comparison.judgement]
    answer = tag("strong", f"{sign} {HEADLINES[comparison.judgement]}", class_=f"state {look}")
    return tag("p", join(["Did it get worse?", answer, sentence_of(comparison)], " "), class_="why")


def compared_row(row: Compared) -> tuple[str, ...]:
    """A metric as texts, under ROW_HEADS."""
    sides = [_middle(row.metric, side) for side in (row.base, row.new)]
    if row.change is None:
        return (row.metric, row.judgement, *sides, NONE, NONE, row.reason)
    interval = f"{change(row.change.low)} to {change(row.change.high)}"
    return (row.metric, row.judgement, *sides, change(row.change.middle), interval, row.reason)


def _all_alike(comparison: Comparison) -> bool:
    """Whether every metric has the same reason for having no interval, as without enough runs."""
    return len({(row.change, row.reason) for row in comparison.rows}) == 1


def _one(comparison: Comparison) -> tuple[Markup, ...]:
    remarks = [tag("li", remark) for remark in comparison.remarks]
    return (
        tag("p", sentence_of(comparison), class_="cost"),
        *([] if _all_alike(comparison) else _table(comparison)),
        *([tag("ul", join(remarks), class_="note")] if remarks else []),
    )


def _table(comparison: Comparison) -> tuple[Markup, ...]:
    rows = []
    for row in comparison.rows:
        name, _, *rest = compared_row(row)
        sign = tag("span", SIGNS[row.judgement], class_="sign", aria_hidden="true")
        state = tag("span", sign, row.judgement, class_=f"state {LOOKS[row.judgement]}")
        rows.append((tag("code", name), state, *rest))
    if not any(row.reason for row in comparison.rows):
        rows = [row[:-1] for row in rows]
    note = (
        "Means over runs are geometric; intervals are bootstrapped over runs. A change counts if its whole "
        "interval lies beyond 5 % (delivery ratio: 0.1 %)."
    )
    heads = ROW_HEADS[: len(rows[0])]
    return data_table(heads, rows, numeric=(2, 3, 4, 5)), tag("p", note, class_="note")


def _middle(metric: str, figures: Sequence[float]) -> str:
    if not figures:
        return NONE
    mean = geometric_mean(figures)
    return milliseconds(mean) if metric.startswith("latency_ms.") else f"{100 * mean:.3f} %"
