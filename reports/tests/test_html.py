from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np

from reports.gates import Gate, judge_gates
from reports.html import LIMIT_BYTES, render_page
from reports.metrics import LOST, STILL_OPEN, ConnectionTimes, axis_of, series
from reports.results import Outcome, Results, Step
from reports.tests.sample_pairs import owed_pairs
from reports.tests.sample_runs import failing_run, passing_run, sample_finding


class Outline(HTMLParser):
    """Elements, headings and references of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.headings: list[int] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link"):
            self.open.append(tag)
        for name, value in attributes:
            if name == "id" and value:
                self.ids.append(value)
            if name in ("src", "href", "xlink:href", "action", "data") and value:
                self.references.append(value)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page_of(*runs: Results) -> str:
    return render_page([(f"run-{n}", run, ()) for n, run in enumerate(runs)])


def with_findings(clauses: int, each: int) -> Results:
    steps = tuple(Step(n, f"c{n % 6}", "x" * 300, to="backend") for n in range(60))
    finding = replace(sample_finding(), timeline=steps, observed="y" * 5000)
    clause = replace(failing_run().clauses[4], outcome=Outcome.FAIL, findings=(finding,) * each)
    return replace(failing_run(), clauses=tuple(replace(clause, id=f"BCAST-{n}") for n in range(clauses)))


def test_every_element_is_closed() -> None:
    assert Outline(page_of(failing_run(), passing_run("load"))).open == []


def test_nothing_refers_outside_the_page() -> None:
    page = page_of(failing_run(), passing_run("load"))
    outline = Outline(page)
    assert all(reference.startswith("#") for reference in outline.references)
    assert {reference[1:] for reference in outline.references} <= set(outline.ids)
    assert not re.search(r"url\(|@import|<link|<iframe|<object|<embed", page)


def test_a_policy_forbids_every_request() -> None:
    assert (
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
        in page_of(passing_run())
    )


def test_ids_are_unique() -> None:
    ids = Outline(page_of(failing_run(), failing_run())).ids
    assert len(ids) == len(set(ids))


def test_headings_skip_no_level() -> None:
    for page in (page_of(failing_run()), page_of(failing_run(), passing_run("load"))):
        levels = Outline(page).headings
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))


def test_the_title_says_verdict_and_target() -> None:
    assert "<title>Violation: local · churnproof</title>" in page_of(failing_run())


def test_several_runs_begin_with_the_worst_and_a_table() -> None:
    page = page_of(passing_run(), failing_run())
    assert page.index("1 of 2 runs did not pass.") < page.index('href="#run1"') < page.index('id="run1"')
    assert "<title>Violation" in page
    assert "All 2 runs passed." in page_of(passing_run(), passing_run("load"))


def test_a_missed_gate_is_the_headline_of_a_conformant_run() -> None:
    gates = judge_gates([Gate("duration_s", least=3600)], passing_run())
    page = render_page([("", passing_run(), gates)])
    assert "Gate missed</h2>" in page
    assert "duration_s ≥ 3600" in page


def test_a_template_sign_in_a_text_is_only_text() -> None:
    assert "costs $$5 and $body" in page_of(replace(passing_run(), reason="it costs $$5 and $body"))


def test_thousands_of_findings_stay_below_the_limit_and_are_counted() -> None:
    page = page_of(with_findings(40, each=100))
    assert len(page.encode()) <= LIMIT_BYTES
    assert "more findings are in results.json" in page


def test_many_runs_fit_with_coarser_charts() -> None:
    runs = [(f"run-{n}", passing_run(), ()) for n in range(12)]
    whole = render_page(runs)
    limit = LIMIT_BYTES * 12 // 50
    small = render_page(runs, limit)
    assert len(small.encode()) <= limit < len(whole.encode()) <= LIMIT_BYTES
    assert small.count("<figure") == whole.count("<figure") == 12 * 6


def test_a_tight_limit_gives_up_findings_before_anything_else() -> None:
    run = with_findings(20, each=1)
    whole = render_page([("", run, ())])
    small = render_page([("", run, ())], limit_bytes=len(whole) // 2)
    assert len(small) < len(whole)
    assert small.count('class="is-fail"') == 20


def test_a_run_that_found_nothing_has_a_page() -> None:
    empty = Results("load", "inconclusive", "no clause was judged", {}, 0, "2026-03-14T09:26:53+00:00", 0.0)
    assert "Inconclusive" in page_of(empty)


def test_an_hour_with_everything_that_charts_can_show_is_far_below_the_limit() -> None:
    """A wide spread of latencies and losses in every bin."""
    hour_ns, pairs = 3600 * 10**9, 400_000
    dice = np.random.default_rng(1)
    sent = np.sort(dice.integers(0, hour_ns, pairs))
    late = (dice.lognormal(3, 2, pairs) * 1e6).astype(np.int64)
    late[dice.random(pairs) < 0.01] = LOST
    owed = owed_pairs(np.arange(pairs) // 20, sent, late, axis_of(0, hour_ns))
    times = ConnectionTimes(np.sort(dice.integers(0, hour_ns, 5000)), np.full(5000, STILL_OPEN))
    over_time = series(owed, times)
    run = replace(failing_run(), duration_s=3600.0, series=over_time)
    assert len(render_page([("", run, ())]).encode()) < LIMIT_BYTES // 8
