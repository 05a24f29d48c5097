from __future__ import annotations

from dataclasses import replace

import pytest

from reports.baseline import compare
from reports.baseline_gates import judge_against_baseline, judge_comparison
from reports.gates import Gate, GateRow
from reports.results import Results
from reports.tests.sample_runs import passing_run
from reports.tests.sample_sides import SLOWER, STEADY, side

GATE = Gate("latency_ms.last.p50", increase=0.1)


def judged(new: list[Results], base: list[Results], gate: Gate = GATE) -> GateRow:
    (row,) = judge_against_baseline([gate], new, base)
    return row


def test_a_change_that_is_certainly_beyond_the_limit_misses_it() -> None:
    row = judged(side(SLOWER, 1), side(STEADY))
    assert (row.outcome, row.limit) == ("missed", 0.1)
    assert row.observed == pytest.approx(0.36, abs=0.03)
    assert row.margin == pytest.approx(0.1 - (row.observed or 0))
    assert row.reason.startswith("changed by +40 % (+3")
    assert row.reason.endswith("6 against 6 runs")


def test_noise_meets_it() -> None:
    row = judged(side(STEADY[::-1], 1), side(STEADY))
    assert (row.outcome, row.observed, row.margin) == ("met", 0.0, 0.1)


def test_a_limit_on_a_decrease_looks_the_other_way() -> None:
    gate = Gate("latency_ms.last.p50", decrease=0.1)
    assert judged(side(STEADY, 1), side(SLOWER), gate).outcome == "missed"
    assert judged(side(SLOWER, 1), side(STEADY), gate).outcome == "met"


@pytest.mark.parametrize(
    ("new", "base", "why"),
    [
        (side(STEADY, 1), [], "no baseline was given for this kind of run"),
        (side(STEADY, 1), [passing_run("conformance")] * 6, "no baseline was given for this kind of run"),
        (
            side(STEADY[:3], 1),
            side(STEADY),
            "3 against 6 conclusive runs; at least 5 on each side are needed",
        ),
        (side([None, *STEADY[:5]], 1), side(STEADY), "1 new and 0 baseline runs have no such figure"),
        (
            [*side(STEADY, 1), replace(passing_run("load"), verdict="inconclusive", reason="too busy")],
            side(STEADY),
            "1 of 7 runs are inconclusive: too busy",
        ),
    ],
)
def test_what_the_runs_do_not_show_is_never_met(new: list[Results], base: list[Results], why: str) -> None:
    row = judged(new, base)
    assert (row.outcome, row.margin, row.reason) == ("undecided", None, why)


def test_noise_that_could_hide_a_slowdown_does_not_meet_it() -> None:
    row = judged(
        side([60.0, 100.0, 180.0, 70.0, 160.0, 110.0], 1), side([100.0, 60.0, 170.0, 80.0, 150.0, 90.0])
    )
    assert row.outcome == "undecided"
    assert row.reason == "too noisy to rule out a slowdown of 40 %; compare more runs"


def test_everything_lost_misses_it() -> None:
    assert judged(side([None] * 6, 1), side(STEADY)).outcome == "missed"


def test_gates_without_a_baseline_are_not_judged_here() -> None:
    assert judge_against_baseline([Gate("delivery.lost", most=0)], side(STEADY), side(STEADY)) == ()


def test_a_gate_for_another_kind_of_run_is_left_to_those_that_find_no_run() -> None:
    gate = Gate("latency_ms.last.p50", kind="conformance", increase=0.1)
    assert judge_against_baseline([gate], side(STEADY), side(STEADY)) == ()


def test_a_comparison_is_missed_by_as_many_metrics_as_regressed() -> None:
    (comparison,) = compare(side(SLOWER, 1), side(STEADY))
    row = judge_comparison(comparison)
    assert (row.rule, row.outcome) == ("regressed metrics of load runs ≤ 0", "missed")
    assert (row.observed, row.limit, row.margin) == (4, 0, -4)
    assert row.reason.startswith("latency_ms.last.p50 regressed: +40 %")


@pytest.mark.parametrize("new", [side(STEADY[::-1], 1), side(tuple(v / 1.4 for v in STEADY), 1)])
def test_noise_and_an_improvement_meet_a_comparison(new: list[Results]) -> None:
    (comparison,) = compare(new, side(STEADY))
    assert judge_comparison(comparison).outcome == "met"


def test_too_few_runs_leave_a_comparison_undecided() -> None:
    (comparison,) = compare(side(STEADY[:2], 1), side(STEADY[:2]))
    row = judge_comparison(comparison)
    assert (row.outcome, row.observed, row.reason) == (
        "undecided",
        None,
        "2 against 2 conclusive runs; at least 5 on each side are needed",
    )
