from __future__ import annotations

from reference_app.benchmark.invocations import Invocations
from reference_app.benchmark.measurements import Deliveries, FanOutCost
from reference_app.benchmark.report import (
    Comparison,
    comparison_table,
    fan_out_table,
    growth_table,
    invocations_table,
)


def test_ratios_tell_how_many_times_better_the_first_stack_is() -> None:
    ours = Comparison("ours", 2.0, 400.0, 0.001, 3000.0, 0.0004)
    theirs = Comparison("theirs", 6.0, 200.0, 0.003, 1000.0, 0.0002)
    lines = comparison_table([ours, theirs], 100).splitlines()
    assert lines[1] == "|  | ours | theirs | times better |"
    assert lines[3] == "| ready after, s | 2.00 | 6.00 | 3.0 |"
    assert lines[4] == "| handshakes through $connect, 1/s | 400 | 200 | 2.0 |"
    assert lines[7] == "| CPU a delivery, ms | 0.40 | 0.20 | 0.5 |"


def test_a_stack_without_rival_is_shown_alone() -> None:
    [_, head, *_] = comparison_table([Comparison("ours", 2, 400, 0.001, 3000, 0.1)], 100).splitlines()
    assert head == "|  | ours |"


def test_growth_is_the_gateways_own_time_for_one_delivery() -> None:
    table = growth_table([(100, Deliveries(count=1000, seconds=0.5, gateway_cpu_s=0.2, cpu_s=0.9))])
    assert table.splitlines()[-1] == "| 100 | 2,000 | 200 |"


def test_fan_outs_are_compared_by_cpu_second() -> None:
    costs = {"boto3": FanOutCost(2.0, 1000), "reference": FanOutCost(0.5, 1000)}
    assert fan_out_table(costs, 100).splitlines()[-1].endswith("| 500 | 2,000 | 4.0 |")


def test_an_empty_function_costs_the_stack_and_itself() -> None:
    table = invocations_table([Invocations("nodejs22.x", 1000, 0.5, stack_cpu_s=0.2, environment_cpu_s=0.1)])
    assert [line.split(" | ")[1] for line in table.splitlines()[3:]] == ["2,000 |", "200 |", "100 |"]
