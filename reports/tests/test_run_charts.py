from __future__ import annotations

import re
from dataclasses import replace

from reports.results import Series
from reports.run_charts import draw_charts
from reports.tests.sample_runs import failing_run, passing_run, sample_series


def titles(markup: str) -> list[str]:
    return re.findall(r"<h4>([^<]*)</h4>", markup)


def test_a_run_has_five_charts() -> None:
    assert titles(draw_charts(passing_run(), "run")) == [
        "Share of owed deliveries that arrived",
        "Latency from the intended send",
        "Distribution of latency (pairs, log scale)",
        "Open connections",
        "Connects and disconnects",
    ]


def test_a_run_without_series_has_none() -> None:
    assert draw_charts(replace(passing_run(), series=Series()), "run") == ""


def test_a_run_without_latencies_has_no_chart_of_them() -> None:
    series = Series(owed=(0, 0), delivered=(0, 0), connections=(1, 2), connects=(1, 1), leaves=(0, 0))
    found = titles(draw_charts(replace(passing_run(), series=series), "run"))
    assert found == ["Share of owed deliveries that arrived", "Open connections", "Connects and disconnects"]


def test_the_figures_behind_the_charts_are_in_a_table() -> None:
    drawn = draw_charts(failing_run(), "run")
    assert drawn.count("<tr>") == 1 + len(failing_run().series.owed)
    assert "<td>94.73 %</td>" in drawn


def test_each_layer_names_its_column_in_the_table() -> None:
    drawn = draw_charts(passing_run(), "run")
    heads = re.findall(r'<th scope="col">([^<]*)</th>', drawn)
    (first, *_) = re.findall(r'data-columns="([\d,]*)"', drawn)
    assert [heads[int(n)] for n in first.split(",")] == ["delivered / owed", "lost"]


def test_an_hour_is_merged_and_says_so() -> None:
    run = replace(passing_run(), series=replace(sample_series(3600, lossy=True), bin_s=1.0))
    assert "in steps of 15 s (merged: counts added up, latencies the worst)" in draw_charts(run, "run")


def test_a_logarithmic_chart_says_so() -> None:
    series = replace(passing_run().series, p99_ms=(9000.0,) * 208)
    assert "Latency from the intended send, log scale" in titles(
        draw_charts(replace(passing_run(), series=series), "run")
    )


def test_ids_of_two_runs_do_not_meet() -> None:
    first, second = (set(re.findall(r' id="([^"]*)"', draw_charts(passing_run(), key))) for key in ("a", "b"))
    assert first
    assert not first & second


def test_nothing_is_drawn_of_deliveries_that_nobody_judged() -> None:
    run = replace(passing_run("load"), cut_short=True, clauses=())
    assert "Share of owed deliveries" in draw_charts(passing_run("load"), "r")
    assert "Share of owed deliveries" not in draw_charts(run, "r")
