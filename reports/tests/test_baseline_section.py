from __future__ import annotations

from reports.baseline import compare
from reports.baseline_section import answer_line, answer_of, compared_row, comparison_section, sentence_of
from reports.tests.sample_sides import SLOWER, STEADY, side

(WORSE,) = compare(side(SLOWER, 1), side(STEADY))
(SAME,) = compare(side(STEADY[::-1], 1), side(STEADY))
(FEW,) = compare(side(STEADY[:2], 1), side(STEADY[:2]))


def test_a_regression_is_one_sentence_with_its_interval() -> None:
    said = sentence_of(WORSE)
    assert said.startswith("latency_ms.last.p50 regressed: +40 % (+3")
    assert said.endswith("over 6 against 6 load runs.")


def test_noise_is_said_to_be_noise() -> None:
    said = sentence_of(SAME)
    assert said.startswith("No metric changed beyond the noise of 6 against 6 load runs")
    change = SAME.rows[0].change
    assert change is not None
    assert said.endswith(f"so up to +{100 * change.high:.1f} % could hide in it.")


def test_too_few_runs_say_how_many_are_needed() -> None:
    assert sentence_of(FEW) == "2 against 2 conclusive runs, 5 each needed."
    assert answer_of(FEW).startswith("Did it get worse? Not enough runs: 2 against 2")


def test_on_the_first_screen_the_answer_stands_out_by_sign_and_colour() -> None:
    assert '<strong class="state fail">✗ Regressed</strong> latency_ms.last.p50' in answer_line(WORSE)


def test_a_row_shows_both_sides() -> None:
    name, verdict, before, now, change, interval, why = compared_row(WORSE.rows[0])
    assert (name, verdict, before, now, change) == (
        "latency_ms.last.p50",
        "regressed",
        "101 ms",
        "141 ms",
        "+40 %",
    )
    assert " to " in interval
    assert why == ""


def test_a_row_without_an_interval_says_why() -> None:
    assert compared_row(FEW.rows[0])[-1] == "2 against 2 conclusive runs, 5 each needed"


def test_the_section_shows_every_metric_and_its_verdict_by_sign_and_word() -> None:
    shown = comparison_section([WORSE])
    assert shown.count("<tr>") == 1 + len(WORSE.rows)
    assert "✗</span>regressed" in shown


def test_without_a_comparison_there_is_no_section() -> None:
    assert comparison_section([]) == ""
