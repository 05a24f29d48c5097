from __future__ import annotations

from dataclasses import replace

import pytest

from reports.gate_metrics import UnknownMetricError, metric, metric_names
from reports.results import Delivery
from reports.tests.sample_runs import failing_run, passing_run


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("delivery.lost", 37),
        ("delivery.ratio", 12_305 / 12_342),
        ("latency_ms.pair.p50", 24.4),
        ("latency_ms.last.p99", None),
        ("latency_ms.last.lost", 31),
        ("clauses.total", 12),
        ("clauses.passed", 7),
        ("clauses.failed", 2),
        ("clauses.unknown", 1),
        ("clauses.skipped", 1),
        ("clauses.non_strict", 1),
        ("clauses.errors", 0),
        ("stale_rows.left", 4),
        ("generator.worst_lag_ms", 11.8),
        ("close_codes.1001", 2),
        ("close_codes.1006", 0),
        ("close_codes.abort", 61),
        ("connects.403", 2),
        ("connects.500", 0),
        ("connects.failed", 0),
        ("close_codes.half-open", 0),
        ("duration_s", 41.6),
    ],
)
def test_a_metric_reads_its_figure(name: str, value: float | None) -> None:
    assert metric(name)(failing_run()) == value


@pytest.mark.parametrize(
    "name",
    [
        "delivery.ratio",
        "clauses.failed",
        "stale_rows.left",
        "close_codes.1006",
        "connects.101",
        "cost.run_usd",
    ],
)
def test_a_run_that_recorded_nothing_has_no_figure(name: str) -> None:
    nothing = replace(
        passing_run(), clauses=(), delivery=Delivery(), stale_rows={}, connects={}, close_codes={}, cost=None
    )
    assert metric(name)(nothing) is None


def test_every_fixed_name_can_be_read() -> None:
    for name in metric_names():
        if "<" not in name:
            metric(name)(passing_run())


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("delivery.losst", "delivery.lost"),
        ("latency.last.p99", "latency_ms.last.p99"),
        ("clauses.fail", "clauses.failed"),
        ("close_codes.99", "close_codes.<code>"),
    ],
)
def test_an_unknown_metric_lists_near_names(name: str, near: str) -> None:
    with pytest.raises(UnknownMetricError) as caught:
        metric(name)
    assert near in str(caught.value)


@pytest.mark.parametrize("name", ["", "zzzz", "connects."])
def test_a_name_near_to_nothing_gets_an_example_or_a_neighbour(name: str) -> None:
    with pytest.raises(UnknownMetricError, match=r"delivery\.lost|connects"):
        metric(name)
