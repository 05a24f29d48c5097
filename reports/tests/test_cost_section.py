from __future__ import annotations

from dataclasses import replace

from reports.billing import Cost
from reports.cost import Assumptions, cost_of
from reports.cost_section import cost_section, item_row, total_in_words
from reports.prices import read_prices
from reports.tests.sample_runs import passing_run


def _cost() -> Cost:
    found = cost_of(passing_run("load"), read_prices(), Assumptions())
    assert found is not None
    return found


COST = _cost()


def test_the_sums_come_with_region_and_date() -> None:
    said = total_in_words(COST)
    assert "a month if its load goes on" in said
    assert said.endswith("at AWS list prices of us-east-1 as of 2026-11-22.")


def test_each_item_says_whether_it_was_recorded_or_assumed() -> None:
    assert item_row(COST.items[1]) == (
        "API Gateway: messages to clients",
        "12,801 of 32 KB",
        "recorded",
        "$0.013",
        "$808.68",
    )


def test_the_section_holds_items_warnings_and_assumptions() -> None:
    shown = cost_section(COST)
    assert "reads of the Scans" in shown
    assert "grows with the number of connections" in shown
    assert "What was assumed" in shown


def test_a_conformance_run_shows_no_sum_for_a_month() -> None:
    assert "a month if" not in total_in_words(replace(COST, month_usd=None))


def test_a_run_without_a_bill_has_no_section() -> None:
    assert cost_section(None) == ""
