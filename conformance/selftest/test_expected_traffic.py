"""What a run is told to cost grows with what it does."""

from __future__ import annotations

from conformance.expected_traffic import expected_traffic, told
from conformance.harness.plan import Burst, Close, Connect, Plan, Send
from conformance.workloads.churn import plan_of
from conformance.workloads.session import Scale
from reports.prices import read_prices

_PLAN = Plan(
    seed=1,
    stayers=2,
    duration_s=60.0,
    actions=(Send(0.1, 0), Connect(0.2, 2, "joiner"), Burst(0.3, 0, 3), Close(0.4, 2), Send(0.5, 1)),
)


def test_the_churn_is_counted_action_by_action() -> None:
    traffic = expected_traffic(["churn"], _PLAN, table=False)
    assert traffic.connects == 2 + 1
    assert traffic.messages_in == (1 + 3 + 1) + 2 + 5  # said, asked for their ids, after the churn
    assert traffic.messages_out == (2 + 3 * 3 + 2) + 2 + 5 * 2


def test_only_what_runs_is_counted() -> None:
    assert expected_traffic(["calm"], _PLAN, table=True).messages_in == 82
    assert expected_traffic(["faults"], _PLAN, table=True).messages_in == 0


def test_the_table_costs_only_where_it_is_looked_into() -> None:
    with_table, without = (expected_traffic(["stale rows"], _PLAN, table=t) for t in (True, False))
    assert with_table.table_reads > 0 == without.table_reads
    assert with_table.table_writes > 0 == without.table_writes


def test_a_larger_run_costs_more_and_says_so() -> None:
    small, large = (
        told(expected_traffic(["calm", "churn"], plan_of(Scale(1, connections=n)), table=True), read_prices())
        for n in (10, 200)
    )
    assert small.startswith("expected: ")
    assert "at list prices (us-east-1, 2026-11-22)" in small
    assert _dollars(large) > 5 * _dollars(small) > 0


def _dollars(sentence: str) -> float:
    return float(sentence.partition("$")[2].split()[0])
