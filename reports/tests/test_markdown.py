from __future__ import annotations

import re
from dataclasses import replace

import pytest

from reports.gates import Gate, judge_gates
from reports.markdown import LIMIT_BYTES, escape, fenced, render_markdown
from reports.results import Outcome
from reports.tests.sample_runs import failing_run, on_two_hosts, passing_run, sample_capacity, sample_finding


def test_the_verdict_is_the_heading() -> None:
    assert render_markdown([("", failing_run(), ())]).startswith(
        "## ❌ Violation: 2 clauses violated: BCAST-01, STALE-02\n"
    )
    assert render_markdown([("", passing_run(), ())]).startswith("## ✅ Conformant: 12 clauses held\n")


def test_clauses_that_did_not_pass_are_listed_and_others_are_not() -> None:
    summary = render_markdown([("", failing_run(), ())])
    assert "| BCAST-01 | ✗ fail |" in summary
    assert "| DISC-02 | ? unknown |" in summary
    assert "| BCAST-02 |" not in summary


def test_deliveries_latency_and_gates_are_there() -> None:
    gates = judge_gates([Gate("delivery.lost", most=0), Gate("duration_s", least=1)], failing_run())
    summary = render_markdown([("", failing_run(), gates)])
    assert (
        "**Delivery**: 618 messages; 37 of 12,342 owed deliveries lost (0.30 %); 4 late, 2 duplicated\n"
        in summary
    )
    assert "- **Last recipient**: p50 39 ms, p99 lost, max lost" in summary
    assert "| delivery.lost ≤ 0 | ❌ missed | 37 | -37 |  |" in summary
    assert "| duration\\_s ≥ 1 | ✅ met | 41.6 | 40.6 |  |" in summary


def test_latencies_between_hosts_are_told_as_exact_as_their_clocks() -> None:
    (line,) = re.findall(
        r"- \*\*Last recipient\*\*.*", render_markdown([("", on_two_hosts(passing_run()), ())])
    )
    assert line.endswith(", ±3.10 ms between hosts")


def test_what_lies_beside_it_is_named() -> None:
    assert "page: `report.html`" in render_markdown([("", passing_run(), ())])
    assert "Beside" not in render_markdown([("", passing_run(), ())], links=())


def test_a_run_without_deliveries_has_no_last_recipient() -> None:
    run = replace(passing_run(), latency_ms=type(passing_run().latency_ms)())
    assert "Last recipient" not in render_markdown([("", run, ())])


def test_verdicts_of_all_runs_come_before_any_finding() -> None:
    summary = render_markdown([("one", failing_run(), ()), ("two", passing_run("load"), ())])
    assert summary.index("## ✅ Conformant") < summary.index("### BCAST-01 (one)")


def test_it_stays_below_64_kb_and_counts_what_it_leaves_out() -> None:
    clauses = tuple(
        replace(
            failing_run().clauses[4],
            id=f"BCAST-{n}",
            outcome=Outcome.FAIL,
            reason=f"{n} " + "ö" * 1000,
            findings=(sample_finding(),) * 3,
        )
        for n in range(300)
    )
    summary = render_markdown([("", replace(failing_run(), clauses=clauses), ())] * 3)
    assert len(summary.encode()) <= LIMIT_BYTES
    assert summary.startswith("# ❌ Violation")
    assert "… and 270 more clauses that did not pass." in summary
    assert re.search(r"… \d+ more parts did not fit here", summary)
    assert summary.endswith("`junit.xml`.\n")


def test_a_fence_is_never_closed_from_within() -> None:
    assert fenced("a\n````\nb").splitlines()[0] == "`````text"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<img onerror=x>", "&lt;img onerror=x&gt;"),
        ("a | b", "a \\| b"),
        ("[x](y)", "\\[x\\](y)"),
        ("![x](y)", "\\!\\[x\\](y)"),
        ("**bold** _it_ ~~no~~ `code` $x$", "\\*\\*bold\\*\\* \\_it\\_ \\~\\~no\\~\\~ \\`code\\` \\$x\\$"),
        ("back\\slash", "back\\\\slash"),
        ("two\nlines", "two\\\\nlines"),
        ("@team #12 https://x www.x", "@\u200bteam #\u200b12 https:\u200b//x w\u200bww.x"),
        ("&amp;", "&amp;amp;"),
    ],
)
def test_text_from_the_wire_is_shown_as_it_is(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_a_command_with_backticks_stays_in_its_code_span() -> None:
    summary = render_markdown([("", replace(passing_run(), command="echo `id`"), ())])
    assert "- **Repeat**: `` echo `id` ``" in summary


def test_the_first_finding_of_each_clause_is_there_and_only_the_first_is_open() -> None:
    summary = render_markdown([("", failing_run(), ())])
    assert summary.index("### BCAST-01: c5 never heard m131") < summary.index(
        "<details><summary>STALE-02: The row"
    )
    assert "c7 never heard m209" not in summary
    assert "… 1 more findings are in results.json." in summary


def test_clauses_with_the_same_to_say_share_a_row() -> None:
    clauses = tuple(
        replace(c, outcome=Outcome.UNKNOWN, reason="lost before") if c.id[:5] in ("CONN-", "DISC-") else c
        for c in passing_run().clauses
    )
    summary = render_markdown([("", replace(passing_run(), clauses=clauses), ())])
    assert "| CONN-01, CONN-02, DISC-01, DISC-02 | ? unknown | 4 clauses | lost before |" in summary


def test_the_stages_of_a_search_are_a_table() -> None:
    summary = render_markdown([("", replace(passing_run(), capacity=sample_capacity()), ())])
    assert "| 32 | 32.0 | 412 | 512 | lost | no: 512 owed deliveries lost |" in summary


def test_many_runs_are_a_table_and_only_those_that_did_not_pass_are_told_whole() -> None:
    runs = [("one", passing_run("load"), ()), ("two", failing_run(), ()), ("three", passing_run("load"), ())]
    summary = render_markdown(runs)
    assert "| one | ✅ Conformant | 0 of 12,342 | 33 ms | 88.1 ms | 132 ms |" in summary
    assert "| two | ❌ Violation | 37 of 12,342 | 39 ms | lost | lost |" in summary
    assert summary.count("\n## ") == summary.count("**Cost**") == 1
