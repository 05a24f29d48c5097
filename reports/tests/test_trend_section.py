from __future__ import annotations

from reports.tests.sample_history_of_runs import daily_runs
from reports.trend import trends_of
from reports.trend_section import trend_in_words, trend_section

STEP = trends_of(daily_runs(24, 12))
STEADY = trends_of(daily_runs(24, 99))


def test_a_change_for_good_is_a_sentence_with_both_levels_and_the_run() -> None:
    said = next(iter(trend_in_words(STEP[0])))
    assert said == (
        "latency_ms.last.p50 changed from 52 ms to 104 ms (+100 %) with the run run-12 of 2026-03-13 09:00."
    )


def test_no_change_is_said_too() -> None:
    assert list(trend_in_words(STEADY[0])) == ["No lasting change over 24 load runs."]


def test_each_metric_is_drawn_with_its_change_marked() -> None:
    shown = trend_section(STEP)
    assert shown.count("<svg") == 3
    assert shown.count('d="M500.0 0V100"') == 2


def test_every_run_stands_in_the_table_behind_the_charts() -> None:
    shown = trend_section(STEADY)
    assert all(f"<td>run-{n:02}</td>" in shown for n in range(24))


def test_without_a_trend_there_is_no_section() -> None:
    assert trend_section(()) == ""
