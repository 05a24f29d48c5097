from __future__ import annotations

import re
from dataclasses import replace

import pytest

from reports.gates import Gate, judge_gates
from reports.results import Delivery, Generator, Latency
from reports.run_sections import (
    answers,
    connections_section,
    delivery_section,
    environment_section,
    facts,
    gates_section,
    latency_section,
    verdict_heading,
)
from reports.tests.plain_text import plain
from reports.tests.sample_history_of_runs import daily_runs
from reports.tests.sample_runs import failing_run, on_two_hosts, passing_run, sample_capacity
from reports.trend import trends_of
from reports.verdict import standing


def test_the_heading_says_verdict_and_reason() -> None:
    heading = verdict_heading(standing(failing_run()))
    assert plain(heading) == "✗ Violation 2 clauses violated: BCAST-01, STALE-02."
    assert heading.startswith('<h2 class="verdict fail">')


def test_facts_say_what_was_judged_and_when() -> None:
    assert plain(facts("a-run", passing_run())) == (
        "conformance local seed 7 2026-03-14 09:26:53 41.6 s run a-run"
    )


def test_the_first_screen_answers_what_a_reader_comes_with() -> None:
    shown = plain(answers(failing_run()))
    assert "Lost deliveries 37 37 of 12,342 owed deliveries lost (0.30 %)" in shown
    assert "Last recipient, p99 lost p50 39 ms, max lost" in shown
    assert "Did it get worse? Not compared No baseline was given." in shown
    assert "Can the run be trusted? Yes The load generator kept up" in shown


@pytest.mark.parametrize(
    ("moved_at", "told"),
    [
        (12, "Did it get worse? Changed latency_ms.last.p50 changed from 52 ms to 104 ms (+100 %)"),
        (99, "Did it get worse? No lasting change No lasting change over 24 load runs."),
    ],
)
def test_where_nothing_was_compared_the_trend_answers(moved_at: int, told: str) -> None:
    (trend,) = trends_of(daily_runs(24, moved_at))
    assert told in plain(answers(failing_run(), trend=trend))


@pytest.mark.parametrize(
    ("health", "word"),
    [
        (Generator(), "Unknown"),
        (Generator(3, 300, 0.1, 0.2, saturated=True, reason="300 ms late"), "No"),
        (Generator(3, 3, 0.1, 0.2, crowded_share=0.1), "In part"),
    ],
)
def test_a_run_that_cannot_be_trusted_says_so(health: Generator, word: str) -> None:
    assert f"trusted? {word} " in plain(answers(replace(passing_run(), generator=health)))


def test_nothing_owed_is_no_zero() -> None:
    nothing = replace(passing_run(), delivery=Delivery())
    assert "Lost deliveries — no message was judged" in plain(answers(nothing))


def test_gates_show_rule_observation_limit_margin_and_reason() -> None:
    gates = judge_gates([Gate("delivery.lost", most=0), Gate("latency_ms.last.p99", most=9)], failing_run())
    shown = plain(gates_section(gates))
    assert "✗ missed delivery.lost ≤ 0 37 0 -37" in shown
    assert (
        "latency_ms.last.p99 ≤ 9 31 of 618 were lost: so high a percentile has no finite value — 9 —" in shown
    )


def test_no_gates_have_no_section() -> None:
    assert gates_section(()) == ""


def test_latency_tells_lost_ones_and_samples() -> None:
    assert "last recipient 39 ms lost lost lost lost 31 618" in plain(latency_section(failing_run()))


def test_latencies_between_hosts_are_told_as_exact_as_their_clocks() -> None:
    run = on_two_hosts(passing_run())
    assert "exact to ±3.10 ms between hosts, whose clocks are known no better." in plain(latency_section(run))
    assert re.search(r"Last recipient, p99 [^L]*, ±3.10 ms between hosts", plain(answers(run)))


def test_a_run_without_samples_has_no_latency() -> None:
    assert latency_section(replace(passing_run(), latency_ms=Latency())) == ""


def test_deliveries_are_counted() -> None:
    assert "duplicated 2" in plain(delivery_section(failing_run()))
    assert delivery_section(replace(passing_run(), delivery=Delivery())) == ""


def test_connections_tell_handshakes_close_codes_and_stale_rows() -> None:
    shown = plain(connections_section(failing_run()))
    assert "Handshakes 101 254 403 2 Close codes 1000 188" in shown
    assert "Stale rows planted 9 removed 5 left 4" in shown


def test_without_access_to_the_table_there_are_no_stale_rows() -> None:
    assert "Stale rows" not in connections_section(replace(passing_run(), stale_rows={}))


def test_a_run_that_recorded_no_connection_has_no_section() -> None:
    assert connections_section(replace(passing_run(), stale_rows={}, connects={}, close_codes={})) == ""


def test_the_environment_says_how_to_repeat() -> None:
    assert "Repeat this run pytest conformance --target local --seed 7" in plain(
        environment_section(passing_run())
    )


def test_an_unknown_environment_has_no_section() -> None:
    assert environment_section(replace(passing_run(), target={}, environment={}, command="")) == ""


def test_nested_settings_of_the_target_are_written_out() -> None:
    target = {
        "url": "ws://h",
        "contract": {"order": "none", "echo": True},
        "query": [],
        "protocols": ["a", "b"],
    }
    shown = plain(environment_section(replace(passing_run(), target=target, environment={"x": ""})))
    assert "url ws://h contract.order none contract.echo yes protocols a, b" in shown
    assert "query" not in shown


def test_a_search_for_capacity_answers_with_what_held_and_not_with_what_was_lost_beyond() -> None:
    shown = plain(answers(replace(failing_run(), capacity=sample_capacity())))
    assert "Largest load that held 30 users 900 deliveries/s; 32 did not hold" in shown
    assert "Last recipient, p99 88.1 ms p50 33 ms, max 132 ms, at that load" in shown
    assert "Lost" not in shown
