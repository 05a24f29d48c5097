"""The sections of one run's part of the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .baseline import Comparison
from .baseline_section import HEADLINES, LOOKS, sentence_of
from .figures import NONE, PERCENTILE_NAMES, count, duration, evidence, lost_in_words, percentile, share
from .gates import GateRow
from .markup import Markup, join, preformatted, tag
from .results import ClauseResult, Finding, Outcome, Percentiles, Results
from .sequence import draw_text, lay_out
from .sequence_svg import draw_svg
from .table import data_table
from .verdict import (
    LOOK_SIGNS,
    OUTCOME_SIGNS,
    OUTCOME_WORDS,
    Standing,
    by_family,
    tally,
    target_name,
    trust,
)

_GATE_SIGNS = {"met": "✓", "missed": "✗", "undecided": "?"}
_GATE_LOOKS = {"met": "pass", "missed": "fail", "undecided": "unknown"}


def verdict_heading(found: Standing) -> Markup:
    """Verdict and reason: the first thing to read."""
    sign = tag("span", LOOK_SIGNS[found.look], class_="sign", aria_hidden="true")
    heading = tag("h2", sign, found.headline, class_=f"verdict {found.look}")
    return join([heading, tag("p", _sentence(found.sentence), class_="why")])


def facts(name: str, results: Results) -> Markup:
    """What was judged and when, on a line."""
    parts = [
        results.kind,
        target_name(results.target),
        f"seed {results.seed}",
        results.started.replace("T", " ")[:19],
        duration(results.duration_s),
    ]
    items = [tag("span", part) for part in (*parts, *([f"run {name}"] if name else []))]
    return tag("p", join(items, " "), class_="facts")


def answers(results: Results, comparison: Comparison | None = None) -> Markup:
    """The questions a reader comes with, answered in four tiles; the verdict above is the fifth."""
    delivery, last = results.delivery, results.latency_ms.last
    health = results.generator
    trusted = "No" if health.saturated else "Unknown" if health.samples == 0 else "Yes"
    lost = count(delivery.lost) if delivery.owed else NONE
    return tag(
        "dl",
        _answer("Lost deliveries", lost, lost_in_words(delivery), "bad" if delivery.lost else ""),
        _answer(
            "Last recipient, p99",
            percentile(last, "p99"),
            f"p50 {percentile(last, 'p50')}, max {percentile(last, 'max')}",
            "bad" if last.lost and last.p99 is None else "",
        ),
        _worse(comparison),
        _answer("Can the run be trusted?", trusted, trust(results), "" if trusted == "Yes" else "doubt"),
        class_="answers",
    )


def remarks_section(results: Results) -> Markup:
    """Waivers, and what moved against the baseline."""
    items = [tag("li", remark) for remark in results.remarks]
    return _section("Remarks", tag("ul", *items, class_="remarks")) if items else Markup("")


def _worse(comparison: Comparison | None) -> Markup:
    if comparison is None:
        return _answer("Did it get worse?", "Not compared", "No baseline was given.")
    look = {"fail": "bad", "unknown": "doubt"}.get(LOOKS[comparison.judgement], "")
    return _answer("Did it get worse?", HEADLINES[comparison.judgement], sentence_of(comparison), look)


def gates_section(gates: Sequence[GateRow]) -> Markup:
    rows = [
        (
            _state(_GATE_SIGNS[gate.outcome], gate.outcome, _GATE_LOOKS[gate.outcome]),
            join(
                [tag("code", gate.rule), *([tag("p", gate.reason, class_="evidence")] if gate.reason else [])]
            ),
            NONE if gate.observed is None else f"{gate.observed:,.6g}",
            NONE if gate.limit is None else f"{gate.limit:,.6g}",
            NONE if gate.margin is None else f"{gate.margin:,.6g}",
        )
        for gate in gates
    ]
    heads = ("Outcome", "Rule", "Observed", "Limit", "Margin")
    return _section("Gates", data_table(heads, rows, "gates", numeric=(2, 3, 4))) if gates else Markup("")


def clauses_section(results: Results, key: str, with_findings: Iterable[str]) -> Markup:
    """Clauses by family, the worst first; those in `with_findings` link to their findings."""
    if not results.clauses:
        return _section("Clauses", tag("p", "No clause was judged.", class_="note"))
    linked = frozenset(with_findings)
    bodies = [
        tag(
            "tbody",
            tag("tr", tag("th", _family(name, clauses), colspan=3, scope="rowgroup"), class_="family"),
            *(_clause(clause, key, clause.id in linked) for clause in clauses),
        )
        for name, clauses in by_family(results.clauses)
    ]
    head = tag(
        "tr", *(tag("th", name, scope="col") for name in ("Outcome", "Clause", "What it says, and why"))
    )
    table = tag("table", tag("thead", head), *bodies, class_="clauses")
    return _section("Clauses", tag("div", table, class_="scroll"))


def findings_section(findings: Sequence[tuple[ClauseResult, Finding]], key: str, omitted: int) -> Markup:
    """Each finding with its sequence diagram, also in words."""
    if not findings:
        return Markup("")
    seen: set[str] = set()
    parts = []
    for number, (clause, finding) in enumerate(findings):
        anchor = None if clause.id in seen else _anchor(key, clause.id)
        seen.add(clause.id)
        parts.append(_finding(clause, finding, f"{key}-finding-{number}", anchor))
    if omitted:
        parts.append(tag("p", f"{count(omitted)} more findings are in results.json.", class_="note"))
    return _section("Findings", *parts)


def latency_section(results: Results) -> Markup:
    latency = results.latency_ms
    parts: tuple[tuple[str, Percentiles], ...] = (
        ("each pair", latency.pair),
        ("first recipient", latency.first),
        ("last recipient", latency.last),
    )
    rows = [
        (word, *(percentile(of, name) for name in PERCENTILE_NAMES), count(of.lost), count(of.count))
        for word, of in parts
        if of.count
    ]
    if not rows:
        return Markup("")
    heads = ("Latency to", *PERCENTILE_NAMES.values(), "lost", "samples")
    note = "From the intended send, over owed pairs; a lost one counts as infinitely late."
    return _section(
        "Latency", data_table(heads, rows, "latency", numeric=range(1, 8)), tag("p", note, class_="note")
    )


def delivery_section(results: Results) -> Markup:
    d = results.delivery
    if d.messages == 0 and d.may == 0:
        return Markup("")
    counts = {
        "messages": d.messages,
        "owed": d.owed,
        "delivered": d.delivered,
        "lost": d.lost,
        "late": d.late,
        "duplicated": d.duplicated,
        "corrupted": d.corrupted,
        "leaked": d.leaked,
        "may": d.may,
    }
    note = (
        f"Pairs of message and connection; {share(d.delivered, d.owed)} of the owed ones arrived. "
        "“May” pairs were received while the connection was coming or going: neither owed nor forbidden."
    )
    return _section("Deliveries", _counts(counts), tag("p", note, class_="note"))


def connections_section(results: Results) -> Markup:
    """Handshakes, close codes and stale rows, as far as they were recorded."""
    groups = (
        ("Handshakes", results.connects),
        ("Close codes", results.close_codes),
        ("Stale rows", results.stale_rows),
    )
    parts = [tag("div", tag("h4", title), _counts(counts)) for title, counts in groups if counts]
    return _section("Connections", tag("div", *parts, class_="groups")) if parts else Markup("")


def environment_section(results: Results) -> Markup:
    """The target as it was understood, the versions that judged it, and the command that repeats the run."""
    rows = [*_flat(results.target), *_flat(results.environment)]
    items = [tag("div", tag("dt", name), tag("dd", value)) for name, value in rows]
    parts = [tag("dl", *items, class_="pairs")] if items else []
    if results.command:
        parts += [tag("h4", "Repeat this run"), preformatted([results.command], class_="command")]
    return _section("Environment", *parts) if parts else Markup("")


def _flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Names and values of a tree of settings; what is not set is left out."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, (list, tuple)):
            if value:
                yield f"{prefix}{name}", ", ".join(map(str, value))
        elif value not in (None, ""):
            yield f"{prefix}{name}", str(value)


def _finding(clause: ClauseResult, finding: Finding, key: str, anchor: str | None) -> Markup:
    diagram = lay_out(finding.timeline)
    parts = [
        tag("h4", tag("span", clause.id, class_="id"), finding.title),
        tag(
            "dl",
            *(
                tag("div", tag("dt", name), tag("dd", value))
                for name, value in (("Expected", finding.expected), ("Observed", finding.observed))
            ),
            class_="pairs",
        ),
    ]
    if diagram.rows:
        drawing = draw_svg(diagram, f"{clause.id}: {finding.title}", key)
        parts.append(tag("div", drawing, class_="scroll diagram", tabindex="0"))
        words = preformatted(draw_text(diagram))
        parts.append(tag("details", tag("summary", "The same as text"), words))
    if finding.connections:
        concerned = [tag("li", tag("code", connection)) for connection in finding.connections[:12]]
        parts += [
            tag("p", "Connections concerned", class_="label"),
            tag("ul", *concerned, class_="concerned"),
        ]
    if finding.repeat:
        parts += [tag("p", "Repeat", class_="label"), preformatted([finding.repeat], class_="command")]
    return tag("article", *parts, class_="finding", id=anchor)


def _clause(clause: ClauseResult, key: str, linked: bool) -> Markup:
    state = _state(OUTCOME_SIGNS[clause.outcome], OUTCOME_WORDS[clause.outcome], clause.outcome.value)
    reason = clause.reason if clause.outcome is not Outcome.PASS else ""
    ident = tag("a", clause.id, href=f"#{_anchor(key, clause.id)}") if linked else clause.id
    needs = clause.feature if clause.feature != "none" else ""
    label = " · ".join(part for part in (clause.level, "core" if clause.core else "", needs) if part)
    return tag(
        "tr",
        tag("td", state),
        tag("td", tag("span", ident, class_="id"), tag("span", label, class_="level")),
        tag(
            "td",
            tag("p", clause.sentence),
            *_optional("p", reason, "reason"),
            *_optional("p", evidence(clause.evidence), "evidence"),
        ),
        class_=f"is-{clause.outcome.value}",
    )


def _family(name: str, clauses: Sequence[ClauseResult]) -> Markup:
    return join([tag("span", name), tag("span", tally(clauses), class_="tally")], " ")


def _state(sign: str, word: str, look: str) -> Markup:
    return tag("span", tag("span", sign, class_="sign", aria_hidden="true"), word, class_=f"state {look}")


def _answer(question: str, figure: str, rest: str, look: str = "") -> Markup:
    shown = tag("strong", figure, class_=look or None)
    return tag("div", tag("dt", question), tag("dd", shown, tag("span", rest)))


def _optional(name: str, content: str, look: str) -> Iterator[Markup]:
    if content:
        yield tag(name, content, class_=look)


def _counts(counts: Mapping[str, int]) -> Markup:
    items = [tag("div", tag("dt", name), tag("dd", count(n))) for name, n in counts.items()]
    return tag("dl", *items, class_="counts")


def _section(title: str, *parts: str) -> Markup:
    return tag("section", tag("h3", title), *parts)


def _anchor(key: str, clause_id: str) -> str:
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in clause_id)
    return f"{key}-{safe}"


def _sentence(reason: str) -> str:
    return (
        f"{reason[:1].upper()}{reason[1:]}{'' if reason.endswith(('.', '!', '?')) else '.'}" if reason else ""
    )
