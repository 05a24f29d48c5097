from __future__ import annotations

from dataclasses import replace

import pytest

from reports.baseline import MOST_HIDDEN, compare, compare_metric, conclusive, interleaved
from reports.gate_metrics import UnknownMetricError
from reports.results import Generator, Results
from reports.tests.sample_runs import passing_run
from reports.tests.sample_sides import SLOWER, STEADY, side

P50 = "latency_ms.last.p50"


def with_ratio(runs: list[Results], delivered: int) -> list[Results]:
    return [replace(run, delivery=replace(run.delivery, delivered=delivered)) for run in runs]


def test_a_clear_slowdown_is_regressed() -> None:
    (found,) = compare(side(SLOWER, 1), side(STEADY))
    assert found.judgement == "regressed"
    assert found.telling is not None
    assert found.telling.metric == P50


def test_a_clear_speed_up_is_improved() -> None:
    (found,) = compare(side(STEADY, 1), side(SLOWER))
    assert found.judgement == "improved"


def test_the_same_latencies_are_within_noise() -> None:
    (found,) = compare(side(STEADY[::-1], 1), side(STEADY))
    assert found.judgement == "within noise"
    assert found.remarks == ()


def test_a_certain_change_that_is_too_small_to_matter_is_within_noise() -> None:
    assert compare_metric(P50, side([103.0] * 6, 1), side([100.0] * 6)).judgement == "within noise"


def test_fewer_deliveries_are_a_regression() -> None:
    found = compare_metric("delivery.ratio", with_ratio(side(STEADY, 1), 12_300), side(STEADY))
    assert found.judgement == "regressed"


def test_four_runs_are_too_few() -> None:
    found = compare_metric(P50, side(SLOWER, 1), side(STEADY[:4]))
    assert found.judgement == "not enough runs"
    assert found.reason == "6 against 4 conclusive runs; at least 5 on each side are needed"


def test_runs_that_show_nothing_do_not_count() -> None:
    runs = [*side(STEADY[:4]), replace(side(STEADY)[5], verdict="inconclusive")]
    (found,) = compare(side(SLOWER, 1), runs)
    assert found.judgement == "not enough runs"
    assert "1 of 5 baseline runs were inconclusive and do not count." in found.remarks


@pytest.mark.parametrize(
    "change",
    [{"verdict": "error"}, {"cut_short": True}, {"generator": Generator(9, saturated=True, reason="slow")}],
)
def test_a_run_that_describes_not_its_target_is_not_conclusive(change: dict[str, object]) -> None:
    assert conclusive(passing_run())
    assert not conclusive(replace(passing_run(), **change))  # type: ignore[arg-type]


def test_so_much_lost_that_nothing_is_left_to_compare_is_regressed() -> None:
    assert compare_metric(P50, side([None] * 6, 1), side(STEADY)).judgement == "regressed"


def test_a_figure_that_some_runs_lack_decides_nothing() -> None:
    found = compare_metric(P50, side([*STEADY[:5], None], 1), side(STEADY))
    assert found.judgement == "not enough runs"
    assert found.reason == "1 new and 0 baseline runs have no such figure"


def test_figures_of_zero_decide_nothing() -> None:
    assert compare_metric("delivery.lost", side(STEADY, 1), side(STEADY)).judgement == "not enough runs"


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(UnknownMetricError):
        compare_metric("latency", side(STEADY, 1), side(STEADY))


def test_a_baseline_without_runs_of_the_kind_is_never_good() -> None:
    (found,) = compare(side(STEADY), [passing_run("conformance")])
    assert found.judgement == "not enough runs"
    assert found.remarks == ("The baseline has no run of this kind.",)


def test_runs_that_alternate_are_told_from_those_that_do_not() -> None:
    assert interleaved(side(STEADY, 1), side(STEADY))
    before = [replace(run, started="2026-01-01") for run in side(STEADY)]
    assert not interleaved(side(STEADY, 1), before)
    (found,) = compare(side(STEADY, 1), before)
    assert found.remarks[0].startswith("The runs did not alternate")


def test_another_load_and_another_machine_are_remarked() -> None:
    base = [
        replace(
            run,
            traffic=run.traffic and replace(run.traffic, open_at_broadcast=50.0),
            environment={**run.environment, "python": "3.13.0"},
        )
        for run in side(STEADY)
    ]
    (found,) = compare(side(STEADY, 1), base)
    assert "The loads differ: 20 connections per broadcast now, 50 in the baseline." in found.remarks
    assert "The baseline ran with a different python: 3.13.0 before, now 3.11.7." in found.remarks


def test_noise_that_could_hide_a_large_slowdown_is_not_enough_runs() -> None:
    wild = (153.0, 108.0, 345.0, 76.0, 136.0, 190.0)
    found = compare_metric("latency_ms.last.p50", side(wild[::-1], 1), side(wild))
    assert found.change is not None
    assert found.change.high > MOST_HIDDEN
    assert found.judgement == "not enough runs"
    assert found.reason == "too noisy to rule out a slowdown of 40 %; compare more runs"


def test_noise_of_the_tail_alone_leaves_the_judgement_to_the_medians() -> None:
    wild = (153.0, 108.0, 345.0, 76.0, 136.0, 190.0)
    found = compare_metric("latency_ms.last.p99", side(wild[::-1], 1), side(wild))
    assert found.judgement == "within noise"
