"""`summary.md`: for a CI step summary or a pull-request comment, useful without opening anything else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from .across import ALONE, Across
from .baseline import Comparison
from .baseline_section import LOOKS, ROW_HEADS, answer_of, compared_row
from .billing import Cost
from .capacity_section import STAGE_HEADS, stage_rows
from .clause_groups import alike, grouped, same_saying
from .cost_section import ITEM_HEADS, item_row, total_in_words
from .figures import PercentileName, between_hosts, count, duration, evidence, percentile
from .gates import GateRow
from .printable import printable
from .results import ClauseResult, Exit, Outcome, Results
from .terminal import finding_text
from .trend_section import trend_in_words
from .verdict import (
    OUTCOME_SIGNS,
    OUTCOME_WORDS,
    Look,
    by_severity,
    lost,
    standing,
    standing_together,
    tally,
    target_name,
    title_of,
    trust,
)

LIMIT_BYTES = 64 * 1024
_RESERVE_BYTES = 512
"""Kept free for the sentence that tells how much was left out."""

_SIGNS: Mapping[Look, str] = {"pass": "✅", "fail": "❌", "error": "⚠️", "unknown": "❓"}
_MOST_FINDINGS = 6
_MOST_ROWS = 30
_MOST_WHOLE = 2
"""More runs than this are a table, but for those that did not pass."""
Run: TypeAlias = tuple[str, Results, Sequence[GateRow]]
_TOLD: tuple[PercentileName, ...] = ("p50", "p99", "max")
_LINKS: Mapping[str, str] = {"report.html": "page", "junit.xml": "JUnit", "results.json": "results"}


def render_markdown(
    runs: Sequence[Run],
    links: Iterable[str] = ("report.html", "junit.xml"),
    across: Across = ALONE,
) -> str:
    """The summary for runs given as (name, results, gates), at most 64 KB of UTF-8.

    `links` are the names of the files that lie beside it. Blocks that do not fit are left out from
    the end and counted; verdicts come first and findings last.
    """
    of_runs = [*_at_a_glance(runs), *(block for run in _told(runs) for block in _overview(*run))]
    of_all = [
        *(block for comparison in across.comparisons for block in _comparison(comparison)),
        *(f"- **Trend**: {escape(said)}" for trend in across.trends for said in trend_in_words(trend)),
        *(f"- {escape(sentence)}" for sentence in across.left_out),
    ]
    if len(runs) > 1 or across.gates:
        blocks = [*_together(runs, across), *of_all, *of_runs]
    else:
        blocks = of_runs + of_all
    blocks += [block for name, results, _ in runs for block in _findings(name, results)]
    named = [_LINKS.get(link, "file") + f": `{link}`" for link in links]
    return _within_limit(blocks, f"Beside this file: {', '.join(named)}." if named else "")


def escape(text: str, most: int = 300) -> str:
    """`text` from the wire so that Markdown shows it as it is: no markup, HTML, links or mentions."""
    shown = printable(text, most).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    shown = re.sub(r"([\\`*_\[\]!|~$])", r"\\\1", shown)
    # A mention, an issue or a bare address becomes a link whatever is escaped; a zero-width space stops it.
    return re.sub(r"@|#|://|\bwww\.", lambda found: f"{found[0][0]}\u200b{found[0][1:]}", shown)


def fenced(text: str) -> str:
    """`text` in a code block that it cannot close."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _together(runs: Sequence[Run], across: Across) -> Iterator[str]:
    """The verdict on all runs, and the gates that concern all of them."""
    found = standing_together([standing(results, gates) for _, results, gates in runs], across.gates)
    yield f"# {_SIGNS[found.look]} {found.headline}: {escape(found.sentence)}"
    if across.gates:
        yield _table(("gate", "outcome", "observed", "margin", "reason"), map(_gate, across.gates))


def _at_a_glance(runs: Sequence[Run]) -> Iterator[str]:
    """A line a run, where there are many."""
    if len(runs) > _MOST_WHOLE:
        rows = (
            (
                escape(name),
                f"{_SIGNS[found.look]} {found.headline}",
                f"{count(results.delivery.lost)} of {count(results.delivery.owed)}",
                *(percentile(results.latency_ms.last, quantile) for quantile in _TOLD),
            )
            for name, results, gates in runs
            for found in [standing(results, gates)]
        )
        yield _table(("run", "verdict", "lost", *(f"last recipient {name}" for name in _TOLD)), rows)


def _told(runs: Sequence[Run]) -> list[Run]:
    """The runs that are told whole: of many, those that did not pass."""
    if len(runs) <= _MOST_WHOLE:
        return list(runs)
    return [run for run in runs if standing(run[1], run[2]).exit is not Exit.OK]


def _overview(name: str, results: Results, gates: Sequence[GateRow]) -> Iterator[str]:
    found = standing(results, gates)
    yield f"## {_SIGNS[found.look]} {found.headline}: {escape(found.sentence)}"
    facts = [
        results.kind,
        escape(target_name(results.target)),
        f"seed {results.seed}",
        duration(results.duration_s),
    ]
    yield " · ".join([*facts, f"run {escape(name)}"] if name else facts)
    yield _answers(results)
    if results.remarks:
        yield "\n".join(f"- {escape(remark, 600)}" for remark in results.remarks)
    if gates:
        yield _table(("gate", "outcome", "observed", "margin", "reason"), map(_gate, gates))
    red = alike([c for c in by_severity(results.clauses) if c.outcome not in (Outcome.PASS, Outcome.INFO)])
    if red:
        yield _table(("clause", "outcome", "what", "why"), map(_clauses, red[:_MOST_ROWS]))
        if len(red) > _MOST_ROWS:
            yield f"… and {sum(map(len, red[_MOST_ROWS:]))} more clauses that did not pass."
    if results.capacity is not None:
        yield _table(STAGE_HEADS, ([escape(cell) for cell in row] for row in stage_rows(results.capacity)))
    if results.cost is not None:
        yield from _cost(results.cost)


def _answers(results: Results) -> str:
    delivery, last = results.delivery, results.latency_ms.last
    wrong = ", ".join(
        f"{count(n)} {word}"
        for word, n in (
            ("late", delivery.late),
            ("duplicated", delivery.duplicated),
            ("corrupted", delivery.corrupted),
            ("leaked", delivery.leaked),
        )
        if n
    )
    lines = [
        f"- **Clauses**: {tally(results.clauses)}",
        f"- **Delivery**: {count(delivery.messages)} messages; {lost(results)}"
        + (f"; {wrong}" if wrong else ""),
    ]
    if last.count:
        figures = (f"{name} {percentile(last, name)}" for name in _TOLD)
        lines.append(f"- **Last recipient**: {', '.join(figures)}{between_hosts(results.latency_ms)}")
    lines.append(f"- **Measurement**: {escape(trust(results))}")
    if results.command:
        lines.append(f"- **Repeat**: {_code(results.command)}")
    return "\n".join(lines)


def _gate(gate: GateRow) -> tuple[str, ...]:
    sign = {"met": "✅ met", "missed": "❌ missed", "undecided": "❓ undecided"}[gate.outcome]
    figures = ("—" if value is None else f"{value:,.6g}" for value in (gate.observed, gate.margin))
    return (escape(gate.rule), sign, *figures, escape(gate.reason))


def _clauses(same: Sequence[ClauseResult]) -> tuple[str, ...]:
    """A row for a clause, or for several that have the same to say."""
    first = same[0]
    outcome = f"{OUTCOME_SIGNS[first.outcome]} {OUTCOME_WORDS[first.outcome]}"
    if len(same) > 1:
        ids = ", ".join(clause.id for clause in same)
        return (escape(ids, 400), outcome, f"{len(same)} clauses", escape(same_saying(same), 400))
    why = "; ".join(part for part in (first.reason, evidence(first.evidence)) if part)
    return (escape(first.id), outcome, escape(first.sentence), escape(why, 400))


def _cost(cost: Cost) -> Iterator[str]:
    yield f"**Cost**: {escape(total_in_words(cost))}"
    warnings = "\n\n".join(f"⚠️ {escape(warning, 600)}" for warning in cost.warnings)
    bill = _table(ITEM_HEADS, ([escape(cell) for cell in item_row(item)] for item in cost.items))
    assumed = "\n".join(f"- {escape(sentence)}" for sentence in cost.assumptions)
    also = ", how it grows with connections" if cost.warnings else ""
    inside = "\n\n".join(part for part in (warnings, bill, assumed) if part)
    yield f"<details><summary>Bill, what was assumed{also}</summary>\n\n{inside}\n\n</details>"


def _comparison(comparison: Comparison) -> Iterator[str]:
    sign = {"fail": "❌", "pass": "✅", "unknown": "❓"}[LOOKS[comparison.judgement]]
    yield f"### {sign} {escape(answer_of(comparison))}"
    yield _table(ROW_HEADS, ([escape(cell) for cell in compared_row(row)] for row in comparison.rows))
    if comparison.remarks:
        yield "\n".join(f"- {escape(remark)}" for remark in comparison.remarks)


def _findings(name: str, results: Results) -> Iterator[str]:
    """One finding of each of the worst clauses, the first one open; the page has all."""
    found = grouped(results.clauses).told
    shown = [(clause, clause.findings[0]) for clause in found if clause.findings][:_MOST_FINDINGS]
    for place, (clause, finding) in enumerate(shown):
        where = f" ({escape(name)})" if name else ""
        title = f"{escape(clause.id)}{where}: {escape(title_of(clause, finding))}"
        text = fenced(finding_text(finding))
        if place == 0:
            yield f"### {title}\n\n{text}"
        else:
            yield f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"
    more = sum(len(clause.findings) for clause in results.clauses) - len(shown)
    if more:
        yield f"… {count(more)} more findings are in results.json."


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _code(text: str) -> str:
    shown = printable(text, 1000)
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    ticks = "`" * (longest + 1)
    return f"{ticks} {shown} {ticks}" if longest else f"`{shown}`"


def _within_limit(blocks: Sequence[str], last: str) -> str:
    kept: list[str] = []
    room = LIMIT_BYTES - _RESERVE_BYTES - len(last.encode())
    for block in blocks:
        room -= len(block.encode()) + 2
        if room < 0:
            break
        kept.append(block)
    left_out = len(blocks) - len(kept)
    note = (
        f"… {left_out} more parts did not fit here; the page and results.json have them." if left_out else ""
    )
    return "\n\n".join(part for part in (*kept, note, last) if part) + "\n"
