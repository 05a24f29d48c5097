from __future__ import annotations

from dataclasses import replace

from reports.results import Percentiles
from reports.tests.sample_history_of_runs import daily_runs
from reports.tests.sample_runs import passing_run
from reports.trend import levels, trends_of


def test_runs_stand_in_the_order_of_their_start() -> None:
    (trend,) = trends_of(reversed(daily_runs(5, 99)))
    assert trend.runs == ("run-00", "run-01", "run-02", "run-03", "run-04")


def test_a_step_names_the_run_it_came_with_and_both_levels() -> None:
    (trend,) = trends_of(daily_runs(24, 12))
    (step,) = trend.metrics[0].steps
    assert (step.run, step.before, step.after) == ("run-12", 52.0, 104.0)
    assert list(levels(trend.metrics[0])) == [(0, 12, 52.0), (12, 24, 104.0)]


def test_a_steady_metric_has_none() -> None:
    (trend,) = trends_of(daily_runs(24, 99))
    assert [followed.steps for followed in trend.metrics] == [(), (), ()]


def test_each_kind_of_run_has_a_trend_of_its_own() -> None:
    others = [(f"c{n}", passing_run("conformance")) for n in range(3)]
    assert [trend.kind for trend in trends_of([*daily_runs(3, 9), *others])] == ["conformance", "load"]


def test_two_runs_make_no_trend() -> None:
    assert trends_of(daily_runs(2, 9)) == ()


def test_inconclusive_runs_are_counted_and_left_out() -> None:
    runs = daily_runs(4, 9)
    (trend,) = trends_of([*runs[:3], ("weak", replace(runs[3][1], verdict="inconclusive"))])
    assert (len(trend.runs), trend.inconclusive) == (3, 1)


def test_a_run_that_lost_so_much_that_it_has_no_figure_has_a_place_without_one() -> None:
    runs = daily_runs(4, 9)
    name, run = runs[3]
    lossy = replace(run, latency_ms=replace(run.latency_ms, last=Percentiles(618, 600)))
    (trend,) = trends_of([*runs[:3], (name, lossy)])
    assert trend.metrics[0].values[3] is None
