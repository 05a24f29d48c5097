from __future__ import annotations

from dataclasses import replace

import pytest

from reports.billing import Cost, Traffic
from reports.cost import Assumptions, assumptions_with, cost_of
from reports.prices import read_prices
from reports.results import FanOut, Results
from reports.tests.sample_runs import SAMPLE_TRAFFIC, passing_run

PRICES = read_prices()


def bill(results: Results, assumed: Assumptions | None = None) -> Cost:
    found = cost_of(results, PRICES, assumed or Assumptions())
    assert found is not None
    return found


def usd_of(cost: Cost, name: str) -> float:
    (item,) = (item for item in cost.items if item.name == name)
    return item.run_usd


def run_with(traffic: Traffic, kind: str = "load") -> Results:
    return replace(
        passing_run("load" if kind == "load" else "conformance"), traffic=traffic, duration_s=3600.0
    )


def test_messages_cost_by_units_and_not_by_number() -> None:
    cost = bill(run_with(SAMPLE_TRAFFIC))
    assert usd_of(cost, "messages from clients") == pytest.approx(652e-6)
    assert usd_of(cost, "messages to clients") == pytest.approx(12_801e-6)


def test_the_sum_is_that_of_the_items() -> None:
    cost = bill(run_with(SAMPLE_TRAFFIC))
    assert cost.run_usd == pytest.approx(sum(item.run_usd for item in cost.items))
    assert cost.month_usd == pytest.approx(sum(item.month_usd or 0 for item in cost.items))


def test_a_month_is_730_hours_of_the_load() -> None:
    cost = bill(run_with(SAMPLE_TRAFFIC))
    assert cost.month_usd == pytest.approx(730 * cost.run_usd)


def test_a_month_beyond_a_billion_messages_costs_less_than_in_proportion() -> None:
    cost = bill(run_with(replace(SAMPLE_TRAFFIC, units_out=10_000_000)))
    (item,) = (item for item in cost.items if item.name == "messages to clients")
    assert item.month_usd == pytest.approx(1000 + 6300 * 0.8)


def test_a_conformance_run_is_no_load_that_goes_on_for_a_month() -> None:
    assert bill(run_with(SAMPLE_TRAFFIC, "conformance")).month_usd is None


def test_invocations_in_a_log_take_the_place_of_assumptions() -> None:
    logged = replace(SAMPLE_TRAFFIC, lambda_requests=1000, lambda_billed_ms=20_000.0)
    cost = bill(run_with(logged), Assumptions(lambda_memory_mb=1024))
    assert usd_of(cost, "requests") == pytest.approx(1000 * 0.2e-6)
    assert usd_of(cost, "duration") == pytest.approx(20 * 16.6667e-6)
    assert any("in the log of the local stack" in sentence for sentence in cost.assumptions)


def test_without_a_log_a_message_lasts_until_its_last_recipient() -> None:
    run = run_with(replace(SAMPLE_TRAFFIC, connects=1, leaves=0, messages_in=1000))
    cost = bill(run, Assumptions(lambda_memory_mb=1024, connect_ms=0))
    assert usd_of(cost, "duration") == pytest.approx(33 * 16.6667e-6)
    assert any("the median time to the last recipient" in sentence for sentence in cost.assumptions)


def test_a_scan_costs_half_a_unit_for_each_4_kb_begun() -> None:
    run = run_with(replace(SAMPLE_TRAFFIC, broadcasts=1_000_000, open_at_broadcast=41.0))
    assert usd_of(bill(run, Assumptions(row_bytes=100)), "reads of the Scans") == pytest.approx(1.0 * 0.125)


def test_it_warns_where_a_message_gets_dearer_with_every_connection() -> None:
    (warning,) = bill(run_with(SAMPLE_TRAFFIC)).warnings
    assert warning.startswith("The cost of one message grows with the number of connections: $0.00002")
    assert "at 20 connections, $0.00" in warning


def test_it_does_not_warn_where_connections_do_not_matter() -> None:
    directed = replace(run_with(replace(SAMPLE_TRAFFIC, units_out=0)), fan_out=FanOut())
    assert bill(directed, Assumptions(scans_per_broadcast=0)).warnings == ()


def test_a_run_without_a_broadcast_has_no_cost_per_message() -> None:
    cost = bill(run_with(replace(SAMPLE_TRAFFIC, broadcasts=0, open_at_broadcast=0.0)))
    assert (cost.per_message, cost.warnings) == ((), ())


def test_a_fitted_fan_out_makes_functions_last_longer_with_more_connections() -> None:
    run = run_with(SAMPLE_TRAFFIC)
    dearer = bill(replace(run, fan_out=FanOut(base_ms=10, per_recipient_ms=5.0, per_recipient_error_ms=0.1)))
    assert dearer.per_message[-1].usd > bill(replace(run, fan_out=FanOut())).per_message[-1].usd


def test_prices_of_another_region_than_the_target_s_are_told() -> None:
    run = replace(run_with(SAMPLE_TRAFFIC), target={"region": "eu-west-1"})
    assert any("The target is in eu-west-1" in sentence for sentence in bill(run).assumptions)


def test_a_run_that_counted_nothing_has_no_bill() -> None:
    assert cost_of(replace(passing_run(), traffic=None), PRICES, Assumptions()) is None
    assert cost_of(replace(passing_run(), traffic=Traffic()), PRICES, Assumptions()) is None


def test_what_is_assumed_can_be_set() -> None:
    assert assumptions_with({"row_bytes": 400.0}).row_bytes == 400


def test_an_assumption_that_does_not_exist_names_those_that_do() -> None:
    with pytest.raises(ValueError, match="accepted are lambda_memory_mb"):
        assumptions_with({"memory": 1.0})


def test_an_assumption_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="row_bytes must be a number from 0, not -1"):
        assumptions_with({"row_bytes": -1.0})
