"""The sections of one run's part of the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .baseline import Comparison
from .baseline_section import HEADLINES, LOOKS, sentence_of
from .capacity_section import best_stage, limit_in_words
from .figures import NONE, PERCENTILE_NAMES, between_hosts, count, duration, percentile, share
from .gates import GateRow
from .markup import Markup, join, preformatted, tag
from .page_parts import section, state
from .results import Capacity, Latency, Percentiles, Results
from .table import data_table
from .trend import Trend
from .trend_section import trend_in_words
from .verdict import LOOK_SIGNS, Standing, lost, target_name, trust, trusted, unjudged

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


def answers(results: Results, comparison: Comparison | None = None, trend: Trend | None = None) -> Markup:
    """The questions a reader comes with, answered in four tiles; the verdict above is the fifth."""
    word = trusted(results)
    found = results.capacity
    return tag(
        "dl",
        *(_measured(results) if found is None else _capacity(found)),
        _worse(comparison, trend),
        _answer("Can the run be trusted?", word, trust(results), "" if word == "Yes" else "doubt"),
        class_="answers",
    )


def _measured(results: Results) -> Iterator[Markup]:
    delivery = results.delivery
    figure = count(delivery.lost) if delivery.owed else NONE
    yield _answer("Lost deliveries", figure, lost(results), "bad" if delivery.lost else "")
    yield _last_recipient(results.latency_ms.last, between_hosts(results.latency_ms))


def _capacity(found: Capacity) -> Iterator[Markup]:
    """Of a search: losses at loads that did not hold are its purpose, and no news."""
    stage = best_stage(found)
    yield _answer("Largest load that held", f"{count(found.users)} users", limit_in_words(found))
    latency = stage.latency_ms if stage else Latency()
    yield _last_recipient(latency.last, f", at that load{between_hosts(latency)}")


def _last_recipient(last: Percentiles, where: str) -> Markup:
    rest = f"p50 {percentile(last, 'p50')}, max {percentile(last, 'max')}{where}"
    look = "bad" if last.lost and last.p99 is None else ""
    return _answer("Last recipient, p99", percentile(last, "p99"), rest, look)


def remarks_section(results: Results) -> Markup:
    """Waivers, and what moved against the baseline."""
    items = [tag("li", remark) for remark in results.remarks]
    return section("Remarks", tag("ul", *items, class_="remarks")) if items else Markup("")


def _worse(comparison: Comparison | None, trend: Trend | None) -> Markup:
    if comparison is None and trend is not None:
        word, look = ("Changed", "doubt") if trend.changed else ("No lasting change", "")
        return _answer("Did it get worse?", word, " ".join(trend_in_words(trend)), look)
    if comparison is None:
        return _answer("Did it get worse?", "Not compared", "No baseline was given.", "none")
    look = {"fail": "bad", "unknown": "doubt"}.get(LOOKS[comparison.judgement], "")
    return _answer("Did it get worse?", HEADLINES[comparison.judgement], sentence_of(comparison), look)


def gates_section(gates: Sequence[GateRow]) -> Markup:
    rows = [
        (
            state(_GATE_SIGNS[gate.outcome], gate.outcome, _GATE_LOOKS[gate.outcome]),
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
    return section("Gates", data_table(heads, rows, "gates", numeric=(2, 3, 4))) if gates else Markup("")


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
    exact = between_hosts(latency)
    note = "From the intended send time, over owed pairs; a lost delivery counts as infinitely late" + (
        f"; exact to{exact.removeprefix(',')}, whose clocks are known no better." if exact else "."
    )
    return section(
        "Latency", data_table(heads, rows, "latency", numeric=range(1, 8)), tag("p", note, class_="note")
    )


def delivery_section(results: Results) -> Markup:
    d = results.delivery
    if unjudged(results) or (d.messages == 0 and d.may == 0):
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
    return section("Deliveries", _counts(counts), tag("p", note, class_="note"))


def connections_section(results: Results) -> Markup:
    """Handshakes, close codes and stale rows, as far as they were recorded."""
    groups = (
        ("Handshakes", results.connects),
        ("Close codes", results.close_codes),
        ("Stale rows", results.stale_rows),
    )
    parts = [tag("div", tag("h4", title), _counts(counts)) for title, counts in groups if counts]
    return section("Connections", tag("div", *parts, class_="groups")) if parts else Markup("")


def environment_section(results: Results) -> Markup:
    """The target as it was understood, the versions that judged it, and the command that repeats the run."""
    rows = [*_flat(results.target), *_flat(results.environment)]
    items = [tag("div", tag("dt", name), tag("dd", value)) for name, value in rows]
    parts = [tag("dl", *items, class_="pairs settings")] if items else []
    if results.command:
        parts += [tag("h4", "Repeat this run"), preformatted([results.command], class_="command")]
    return section("Environment", *parts) if parts else Markup("")


def _flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Names and values of a tree of settings; what is not set is left out."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, (list, tuple)):
            if value:
                yield f"{prefix}{name}", ", ".join(map(str, value))
        elif isinstance(value, bool):
            yield f"{prefix}{name}", "yes" if value else "no"
        elif value not in (None, ""):
            yield f"{prefix}{name}", str(value)


def _answer(question: str, figure: str, rest: str, look: str = "") -> Markup:
    shown = tag("strong", figure, class_=look or None)
    return tag("div", tag("dt", question), tag("dd", shown, tag("span", rest)))


def _counts(counts: Mapping[str, int]) -> Markup:
    items = [tag("div", tag("dt", name), tag("dd", count(n))) for name, n in counts.items()]
    return tag("dl", *items, class_="counts")


def _sentence(reason: str) -> str:
    return (
        f"{reason[:1].upper()}{reason[1:]}{'' if reason.endswith(('.', '!', '?')) else '.'}" if reason else ""
    )
