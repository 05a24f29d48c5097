"""`report.html`: one file for one or several runs, with no request to anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

from .across import ALONE, Across
from .baseline_section import answer_line, comparison_section
from .capacity_section import capacity_section
from .clause_section import causes, clauses_section
from .cost_section import cost_section
from .fan_out_section import fan_out_section
from .figures import count, duration, percentile
from .finding_choice import findings_of
from .finding_section import findings_section
from .gates import GateRow
from .markup import Markup, join, tag, text
from .results import Results
from .run_charts import draw_charts
from .run_sections import (
    answers,
    connections_section,
    delivery_section,
    environment_section,
    facts,
    gates_section,
    latency_section,
    remarks_section,
    verdict_heading,
)
from .table import scrolling
from .trend_section import trend_section
from .verdict import Standing, standing, standing_together, tally, target_name

LIMIT_BYTES = 2_000_000


@dataclass(frozen=True)
class _Detail:
    """How much a run's part of the page may hold."""

    findings: int
    bins: int


_DETAILS = (_Detail(40, 240), _Detail(15, 240), _Detail(5, 120), _Detail(1, 60), _Detail(0, 24))

Run = tuple[str, Results, Sequence[GateRow]]


def render_page(runs: Sequence[Run], limit_bytes: int = LIMIT_BYTES, across: Across = ALONE) -> str:
    """The page for runs given as (name, results, gates), at least one, and what they tell together.

    Findings are left out, and counted, and charts get coarser, until it fits into `limit_bytes`; so
    do some fifty runs.
    """
    for detail in _DETAILS:
        page = _fill(_title(runs, across), _body(runs, detail, across))
        if len(page.encode(errors="replace")) <= limit_bytes:
            break
    return page


def _fill(title: Markup, body: Markup) -> str:
    template = Template(_resource("page.html"))
    return template.substitute(
        title=title, body=body, style=_resource("page.css"), script=_resource("page.js")
    )


@cache
def _resource(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _title(runs: Sequence[Run], across: Across) -> Markup:
    found = _standing(runs, across)
    return text(f"{found.headline}: {target_name(runs[0][1].target)} · churnproof", 120)


def _standing(runs: Sequence[Run], across: Across) -> Standing:
    """How the whole stands."""
    if len(runs) == 1:
        (_, results, gates) = runs[0]
        return standing(results, (*gates, *across.gates))
    return standing_together([standing(results, gates) for _, results, gates in runs], across.gates)


def _body(runs: Sequence[Run], detail: _Detail, across: Across) -> Markup:
    if len(runs) == 1:
        (name, results, gates) = runs[0]
        return _run(name, results, (*gates, *across.gates), "run", detail, "lead hero", across)
    parts = [
        _run(name, results, gates, f"run{number}", detail, "hero", across)
        for number, (name, results, gates) in enumerate(runs, start=1)
    ]
    return join([_overview(runs, across), gates_section(across.gates), _together(across), *parts])


def _together(across: Across) -> Markup:
    left_out = (tag("p", sentence, class_="note") for sentence in across.left_out)
    return join([comparison_section(across.comparisons), trend_section(across.trends), *left_out])


def _overview(runs: Sequence[Run], across: Across) -> Markup:
    """Several runs at a glance: the worst verdict, whether it got worse, then a line each."""
    worse = [answer_line(comparison) for comparison in across.comparisons]
    rows = [_overview_row(run, number) for number, run in enumerate(runs, start=1)]
    heads = ("Run", "Verdict", "Clauses", "Lost", "Last recipient p99", "Duration")
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in heads)))
    table = tag("table", head, tag("tbody", *rows), class_="overview")
    return tag(
        "header",
        verdict_heading(_standing(runs, across)),
        *worse,
        scrolling(table, heads),
        class_="lead hero",
    )


def _overview_row(run: Run, number: int) -> Markup:
    name, results, gates = run
    delivery = results.delivery
    found = standing(results, gates)
    cells: Iterable[str] = (
        tag("a", name or results.kind, href=f"#run{number}"),
        tag("span", found.headline, class_=f"state {found.look}"),
        tally(results.clauses),
        f"{count(delivery.lost)} of {count(delivery.owed)}",
        percentile(results.latency_ms.last, "p99"),
        duration(results.duration_s),
    )
    return tag("tr", *(tag("td", cell) for cell in cells))


def _run(
    name: str,
    results: Results,
    gates: Sequence[GateRow],
    key: str,
    detail: _Detail,
    look: str,
    across: Across,
) -> Markup:
    shown, omitted = findings_of(results, detail.findings)
    linked = {clause.id for clause, _ in shown}
    charts = draw_charts(results, key, detail.bins)
    first = (
        verdict_heading(standing(results, gates)),
        causes(results, key, linked),
        facts(name, results),
        answers(results, across.comparison(results.kind), across.trend(results.kind)),
    )
    head = tag("header", *first, class_=look)
    return tag(
        "article",
        head,
        gates_section(gates),
        remarks_section(results),
        _together(across) if look.startswith("lead") else Markup(""),
        capacity_section(results.capacity),
        clauses_section(results, key, linked),
        findings_section(shown, key, omitted),
        tag("section", tag("h3", "Over time"), charts) if charts else Markup(""),
        latency_section(results),
        fan_out_section(results.fan_out, key),
        delivery_section(results),
        connections_section(results),
        cost_section(results.cost),
        environment_section(results),
        class_="run",
        id=key,
    )
