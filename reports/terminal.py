"""The verdict of a run, its gates and its findings, as text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TextIO

from .clause_groups import alike, same_saying
from .cost_section import total_in_words
from .figures import PERCENTILE_NAMES, between_hosts, count, duration, evidence, percentile
from .gates import GateRow
from .printable import printable
from .results import ClauseResult, Finding, Outcome, Percentiles, Results
from .sequence import ASCII, UNICODE, draw_text, lay_out
from .verdict import (
    OUTCOME_SIGNS,
    OUTCOME_WORDS,
    Look,
    by_family,
    by_severity,
    lost,
    standing,
    tally,
    target_name,
    trust,
)

Tone = Literal["good", "bad", "warn", "quiet", "strong"]

_SGR: Mapping[Tone, str] = {"good": "32", "bad": "31;1", "warn": "33", "quiet": "2", "strong": "1"}
_OUTCOME_TONE: Mapping[Outcome, Tone] = {
    Outcome.PASS: "good",
    Outcome.FAIL: "bad",
    Outcome.ERROR: "bad",
    Outcome.UNKNOWN: "warn",
    Outcome.WAIVED: "warn",
    Outcome.KNOWN: "warn",
    Outcome.NON_STRICT: "warn",
    Outcome.SKIP: "quiet",
    Outcome.INFO: "quiet",
}
_LOOK_TONE: Mapping[Look, Tone] = {"pass": "good", "fail": "bad", "error": "bad", "unknown": "warn"}
_MOST_FINDINGS_EACH = 3


@dataclass(frozen=True)
class Style:
    """What the terminal can show."""

    colour: bool = False
    unicode: bool = True
    width: int = 100

    def paint(self, text: str, tone: Tone) -> str:
        return f"\x1b[{_SGR[tone]}m{text}\x1b[0m" if self.colour else text

    def plain(self, text: str) -> str:
        """`text` with the few signs of ours that plain ASCII terminals lack replaced."""
        if self.unicode:
            return text
        for sign, stand_in in _STAND_INS.items():
            text = text.replace(sign, stand_in)
        return text.encode("ascii", "backslashreplace").decode()


_STAND_INS = {
    "≈": "~",
    "±": "+/-",
    "✓": "+",
    "✗": "x",
    "⚠": "!",
    "–": "-",
    "—": "-",
    "·": "-",
    "≤": "<=",
    "≥": ">=",
    "…": "...",
}


def style_of(stream: TextIO, environment: Mapping[str, str], *, width: int = 100) -> Style:
    """The style for `stream`: colours only on a terminal, and never with NO_COLOR set (no-color.org)."""
    colour = stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"
    encoding = (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "")
    return Style(colour, encoding.startswith(("utf", "cp65001")), max(60, min(width, 120)))


def verdict_table(
    results: Results,
    *,
    gates: Sequence[GateRow] = (),
    page: str | None = None,
    style: Style = Style(),
    verbose: bool = False,
) -> str:
    """What a run found: verdict, clauses (failing first), deliveries, latency, gates, where the page is.

    Clauses that passed are a line a family, and those with the same to say are one, unless `verbose`.
    """
    blocks = [_heading(results, gates, style), _clauses(results, style, verbose), _figures(results, style)]
    if gates:
        blocks.append([style.paint("gates", "strong"), *gate_lines(gates, style)])
    if results.remarks:
        blocks.append([line for remark in results.remarks for line in _labelled("remark", remark, style)])
    if page is not None:
        blocks.append([f"report  {printable(page)}"])
    return style.plain("\n\n".join("\n".join(block) for block in blocks if block)) + "\n"


def verdict_line(
    results: Results,
    gates: Sequence[GateRow] = (),
    style: Style = Style(),
) -> str:
    """Verdict and reason on one line."""
    found = standing(results, gates)
    word = style.paint(found.headline.upper(), _LOOK_TONE[found.look])
    return style.plain(f"{word}  {printable(found.sentence)}")


def gate_lines(gates: Iterable[GateRow], style: Style = Style()) -> list[str]:
    """A line for each gate: rule, observed, margin, reason."""
    lines = []
    for gate in gates:
        sign, tone = _GATE_LOOKS[gate.outcome]
        observed = "no figure" if gate.observed is None else f"observed {gate.observed:,.6g}"
        margin = "" if gate.margin is None else f", margin {gate.margin:,.6g}"
        why = f": {printable(gate.reason)}" if gate.reason else ""
        state = style.paint(f"{sign} {gate.outcome:<9}", tone)
        lines.append(style.plain(f"  {state}  {printable(gate.rule)}  ({observed}{margin}){why}"))
    return lines


_GATE_LOOKS: Mapping[str, tuple[str, Tone]] = {
    "met": ("✓", "good"),
    "missed": ("✗", "bad"),
    "undecided": ("?", "warn"),
}


def clause_findings(clause: ClauseResult, style: Style = Style()) -> str:
    """A clause that did not hold: its sentence, why, and the findings that show it."""
    head = style.paint(
        f"{printable(clause.id)} {OUTCOME_WORDS[clause.outcome]}", _OUTCOME_TONE[clause.outcome]
    )
    lines = [f"{head}  {printable(clause.sentence)}"]
    if clause.reason:
        lines.append(f"  {printable(clause.reason)}")
    if clause.evidence:
        lines.append(f"  evidence: {evidence(clause.evidence)}")
    shown = clause.findings[:_MOST_FINDINGS_EACH]
    blocks = ["\n".join(lines), *(textwrap.indent(finding_text(f, style), "  ") for f in shown)]
    if len(clause.findings) > len(shown):
        blocks.append(f"  and {len(clause.findings) - len(shown)} more findings in results.json")
    return style.plain("\n\n".join(blocks))


def finding_text(finding: Finding, style: Style = Style()) -> str:
    """What was expected, what came, the timeline as a sequence diagram, whom it concerns, how to repeat."""
    lines = [style.paint(printable(finding.title), "strong")]
    lines += _labelled("expected", finding.expected, style) + _labelled("observed", finding.observed, style)
    diagram = draw_text(lay_out(finding.timeline), UNICODE if style.unicode else ASCII)
    if diagram:
        lines += ["", *(f"  {line}".rstrip() for line in diagram), ""]
    for number, connection in enumerate(finding.connections):
        lines += _labelled("concerns" if number == 0 else "", connection, style)
    if finding.repeat:
        # A command is copied: it is never wrapped.
        lines.append(f"  {'repeat':<9} {printable(finding.repeat, 2000)}")
    return style.plain("\n".join(lines))


def _heading(results: Results, gates: Sequence[GateRow], style: Style) -> list[str]:
    facts = [results.kind, target_name(results.target), f"seed {results.seed}", duration(results.duration_s)]
    return [
        style.paint(f"churnproof {' · '.join(printable(fact, 100) for fact in facts)}", "quiet"),
        verdict_line(results, gates, style),
    ]


def _clauses(results: Results, style: Style, verbose: bool) -> list[str]:
    if not results.clauses:
        return []
    width = max(len(clause.id) for clause in results.clauses)
    lines = [style.paint(f"clauses ({tally(results.clauses)})", "strong")]
    if verbose:
        return [*lines, *(line for c in by_severity(results.clauses) for line in _clause(c, width, style))]
    open_ones = by_severity(c for c in results.clauses if c.outcome is not Outcome.PASS)
    for same in alike(open_ones):
        lines += _clause(same[0], width, style) if len(same) == 1 else _together(same, width, style)
    families = sorted(by_family(results.clauses), key=lambda family: family[0])
    return lines + [line for family in families for line in _passed(*family, width, style)]


def _passed(name: str, family: Sequence[ClauseResult], width: int, style: Style) -> Iterator[str]:
    """A line for those of a family that passed."""
    passed = sum(clause.outcome is Outcome.PASS for clause in family)
    if passed:
        state = style.paint(_state(Outcome.PASS), "good")
        of = f" of {len(family)}" if passed < len(family) else ""
        clauses = "clause" if len(family) == 1 else "clauses"
        yield f"  {state}  {printable(name):<{width}}  {passed}{of} {clauses}"


def _together(same: Sequence[ClauseResult], width: int, style: Style) -> list[str]:
    """Clauses that have the same to say."""
    outcome = same[0].outcome
    head = f"  {style.paint(_state(outcome), _OUTCOME_TONE[outcome])}  {f'{len(same)} alike':<{width}}  "
    ids = ", ".join(printable(clause.id) for clause in same)
    return _hanging(head, ids, same_saying(same), width, style)


def _state(outcome: Outcome) -> str:
    return f"{OUTCOME_SIGNS[outcome]} {OUTCOME_WORDS[outcome]:<10}"


def _clause(clause: ClauseResult, width: int, style: Style) -> list[str]:
    state = style.paint(_state(clause.outcome), _OUTCOME_TONE[clause.outcome])
    head = f"  {state}  {printable(clause.id):<{width}}  "
    reason = "" if clause.outcome is Outcome.PASS else clause.reason
    return _hanging(head, printable(clause.sentence), reason, width, style)


def _hanging(head: str, text: str, reason: str, width: int, style: Style) -> list[str]:
    """`head`, then the text and, behind an arrow, the reason, both wrapped beside it."""
    indent = " " * (2 + 12 + 2 + width + 2)
    room = max(30, style.width - len(indent))
    lines = textwrap.wrap(text, room) or [""]
    because = textwrap.wrap(printable(reason), room - 2)
    first, *rest = [*lines, *(f"→ {line}" if n == 0 else f"  {line}" for n, line in enumerate(because))]
    return [head + first, *(indent + line for line in rest)]


def _figures(results: Results, style: Style) -> list[str]:
    lines = [f"delivery   {_delivery(results)}"]
    latency = results.latency_ms
    for name, of in (("each pair", latency.pair), ("last recipient", latency.last)):
        if of.count:
            lines.append(f"latency    {name}: {_percentiles(of)}{between_hosts(latency)}")
    if results.stale_rows:
        rows = ", ".join(f"{count(n)} {printable(name, 30)}" for name, n in results.stale_rows.items())
        lines.append(f"stale rows {rows}")
    lines.append(f"generator  {trust(results)}")
    if results.cost is not None:
        lines.append(f"cost       {printable(total_in_words(results.cost))}")
    return [style.paint(line, "warn") if "did not keep up" in line else line for line in lines]


def _delivery(results: Results) -> str:
    delivery = results.delivery
    wrong = {
        "late": delivery.late,
        "duplicated": delivery.duplicated,
        "corrupted": delivery.corrupted,
        "leaked": delivery.leaked,
    }
    others = ", ".join(f"{count(n)} {name}" for name, n in wrong.items() if n)
    return f"{count(delivery.messages)} messages; {lost(results)}" + (f"; {others}" if others else "")


def _percentiles(of: Percentiles) -> str:
    return ", ".join(f"{word} {percentile(of, name)}" for name, word in PERCENTILE_NAMES.items())


def _labelled(label: str, text: str, style: Style) -> list[str]:
    lines = textwrap.wrap(printable(text, 1200), max(30, style.width - 14)) or [""]
    return [f"  {label if n == 0 else '':<9} {line}" for n, line in enumerate(lines)]
