from __future__ import annotations

import io
from dataclasses import replace

import pytest

from reports.gates import Gate, judge_gates
from reports.results import ClauseResult, Finding, Generator, Outcome
from reports.terminal import (
    Style,
    clause_findings,
    finding_text,
    gate_lines,
    style_of,
    verdict_line,
    verdict_table,
)
from reports.tests.sample_runs import failing_run, on_two_hosts, passing_run, sample_finding


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Latin(Terminal):
    encoding = "latin-1"


def test_the_verdict_and_its_reason_come_first() -> None:
    lines = verdict_table(failing_run()).splitlines()
    assert lines[0] == "churnproof conformance · local · seed 7 · 41.6 s"
    assert lines[1] == "VIOLATION  2 clauses violated: BCAST-01, STALE-02"


def test_failing_clauses_come_before_passing_ones_with_their_reason() -> None:
    table = verdict_table(failing_run())
    assert table.index("✗ fail        BCAST-01") < table.index("? unknown     DISC-02")
    assert table.index("? unknown     DISC-02") < table.index("✓ pass        BCAST     2 of 3 clauses")
    assert "→ 4 of 9 planted rows were still there after 15 s" in table


def test_clauses_that_passed_are_a_line_a_family() -> None:
    table = verdict_table(failing_run())
    assert "✓ pass        CHURN     1 clause\n" in table
    assert "✓ pass        BCAST-02" in verdict_table(failing_run(), verbose=True)


def test_clauses_with_the_same_to_say_are_told_together() -> None:
    clauses = tuple(
        replace(c, outcome=Outcome.UNKNOWN, reason="lost before") if c.id[:5] in ("CONN-", "DISC-") else c
        for c in passing_run().clauses
    )
    table = verdict_table(replace(passing_run(), clauses=clauses))
    assert "? unknown     4 alike   CONN-01, CONN-02, DISC-01, DISC-02\n" in table
    assert table.count("→ lost before") == 1


def test_deliveries_and_latency_are_told() -> None:
    table = verdict_table(failing_run())
    assert "618 messages; 37 of 12,342 owed deliveries lost (0.30 %); 4 late, 2 duplicated" in table
    assert "last recipient: p50 39 ms, p95 lost, p99 lost" in table
    assert "9 planted, 5 removed, 4 left" in table


def test_latencies_between_hosts_are_told_as_exact_as_their_clocks() -> None:
    table = verdict_table(on_two_hosts(passing_run()), style=Style(unicode=False))
    lines = [line for line in table.splitlines() if line.startswith("latency")]
    assert lines
    assert all(line.endswith(", +/-3.10 ms between hosts") for line in lines)


def test_where_the_page_is_comes_last() -> None:
    assert verdict_table(passing_run(), page="runs/x/report.html").endswith("report  runs/x/report.html\n")


def test_gates_are_told_with_observation_and_margin() -> None:
    gates = [Gate("delivery.lost", most=0), Gate("latency_ms.last.p99", most=5), Gate("duration_s", least=30)]
    lines = gate_lines(judge_gates(gates, failing_run()))
    assert lines[0] == "  ✗ missed     delivery.lost ≤ 0  (observed 37, margin -37)"
    assert "(no figure): 31 of 618 were lost" in lines[1]
    assert lines[2].startswith("  ✓ met        duration_s ≥ 30  (observed 41.6, margin 11.6)")


def test_gates_are_part_of_the_table() -> None:
    gates = judge_gates([Gate("delivery.lost", most=0)], failing_run())
    assert "gates\n  ✗ missed" in verdict_table(failing_run(), gates=gates)


def test_a_missed_gate_is_part_of_the_verdict() -> None:
    gates = judge_gates([Gate("duration_s", least=3600)], passing_run())
    assert verdict_line(passing_run(), gates) == "GATE MISSED  1 of 1 gates missed; 12 clauses held"


def test_a_run_without_clauses_still_has_a_verdict() -> None:
    table = verdict_table(replace(passing_run(), clauses=(), generator=Generator()))
    assert "clauses" not in table.splitlines()[2:]
    assert "was not recorded" in table


def test_a_clause_that_did_not_hold_shows_its_findings_and_counts_the_rest() -> None:
    clause = replace(failing_run().clauses[4], findings=(sample_finding(),) * 5)
    text = clause_findings(clause)
    assert text.startswith("BCAST-01 fail  Every connection open")
    assert text.count("c5 never heard m131, which") == 3
    assert text.endswith("and 2 more findings in results.json")


def test_a_finding_says_rule_observation_timeline_connections_and_repetition() -> None:
    text = finding_text(sample_finding())
    assert "expected  c5 hears m131 exactly once" in text
    assert "observed  no delivery of m131 to c5" in text
    assert "MISSING: m131 never came" in text
    assert "concerns  c1, L0SM8fN8PHcCIhw=, port 51210" in text
    assert text.endswith("repeat    pytest conformance --target local --seed 7 -k BCAST")


def test_a_finding_without_timeline_is_still_a_finding() -> None:
    assert finding_text(Finding("title", "this", "that")) == "title\n  expected  this\n  observed  that"


def test_a_command_is_never_wrapped() -> None:
    command = "pytest conformance " + "--option value " * 30
    assert f"repeat    {command}" in finding_text(Finding("t", "e", "o", repeat=command))


def test_lines_fit_the_terminal() -> None:
    run = replace(failing_run(), reason="short")
    table = verdict_table(run, style=Style(width=70))
    clauses = table[table.index("clauses") : table.index("delivery ")]
    assert max(map(len, clauses.splitlines())) <= 70


@pytest.mark.parametrize(
    ("stream", "environment", "colour"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_colours_only_where_they_are_wanted(
    stream: io.StringIO, environment: dict[str, str], colour: bool
) -> None:
    assert style_of(stream, environment).colour is colour


def test_colours_surround_words_and_change_no_text() -> None:
    coloured = verdict_line(failing_run(), style=Style(colour=True))
    assert coloured.startswith("\x1b[31;1mVIOLATION\x1b[0m")
    assert "\x1b" not in verdict_table(failing_run())


def test_a_terminal_without_unicode_gets_ascii() -> None:
    style = style_of(Latin(), {"NO_COLOR": "1"})
    text = verdict_table(failing_run(), style=style) + clause_findings(failing_run().clauses[4], style)
    assert text.isascii()


def test_text_from_the_wire_cannot_steer_the_terminal() -> None:
    clause = ClauseResult("X-1", "MUST", "", "a", Outcome.FAIL, reason="\x1b[2J\x07\u202e gone")
    run = replace(passing_run(), clauses=(clause,), reason="\x1b]0;title\x07")
    table = verdict_table(run)
    assert "\\x1b[2J" in table
    assert not {"\x1b", "\x07", "\u202e"} & set(table)
