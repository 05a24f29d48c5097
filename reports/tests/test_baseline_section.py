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
    assert said.endswith(f"so a change of up to +{100 * change.high:.1f} % could hide in it.")


def test_too_few_runs_say_how_many_are_needed() -> None:
    assert sentence_of(FEW) == "2 against 2 conclusive runs; at least 5 on each side are needed."
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
    assert compared_row(FEW.rows[0])[-1] == "2 against 2 conclusive runs; at least 5 on each side are needed"


def test_the_section_shows_every_metric_and_its_verdict_by_sign_and_word() -> None:
    shown = comparison_section([WORSE])
    assert shown.count("<tr>") == 1 + len(WORSE.rows)
    assert "✗</span>regressed" in shown


def test_without_a_comparison_there_is_no_section() -> None:
    assert comparison_section([]) == ""


def test_a_comparison_without_any_interval_is_its_sentence_and_no_table() -> None:
    shown = comparison_section([FEW])
    assert "2 against 2 conclusive runs" in shown
    assert "<table" not in shown


def test_reasons_have_a_column_only_where_a_metric_has_one() -> None:
    assert ">Why<" not in comparison_section([WORSE])
    (lost,) = compare(side([None, *STEADY[:5]], 1), side(STEADY))
    assert ">Why<" in comparison_section([lost])


def test_too_much_noise_is_told_with_the_interval() -> None:
    wild = (153.0, 108.0, 345.0, 76.0, 136.0, 190.0)
    (noisy,) = compare(side(wild[::-1], 1), side(wild))
    assert sentence_of(noisy).endswith("too noisy to rule out a slowdown of 40 %; compare more runs.")
