"""What was measured, as Markdown tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_app.benchmark.invocations import Invocations
    from reference_app.benchmark.measurements import Deliveries, FanOutCost


@dataclass(frozen=True)
class Comparison:
    """One stack with the handlers that all of them run."""

    name: str
    ready_s: float
    handshakes_per_second: float
    cpu_s_per_handshake: float
    """Of the whole stack, functions included."""
    deliveries_per_second: float
    cpu_s_per_delivery: float


def comparison_table(stacks: Sequence[Comparison], listeners: int) -> str:
    """The first stack beside the others, and how many times better than each of them it is."""
    figures = {
        "ready after, s": [stack.ready_s for stack in stacks],
        "handshakes through $connect, 1/s": [stack.handshakes_per_second for stack in stacks],
        "CPU a handshake, ms": [stack.cpu_s_per_handshake * 1000 for stack in stacks],
        f"deliveries to {listeners} listeners, 1/s": [stack.deliveries_per_second for stack in stacks],
        "CPU a delivery, ms": [stack.cpu_s_per_delivery * 1000 for stack in stacks],
    }
    ours, *others = (stack.name for stack in stacks)
    rows = [["", ours, *(column for other in others for column in (other, "times better"))]]
    for name, (own, *theirs) in figures.items():
        more_is_better = name.endswith("1/s")
        ratios = [own / other if more_is_better else other / own for other in theirs]
        pairs = zip(theirs, ratios, strict=True)
        rows.append([name, _figure(own), *(text for pair in pairs for text in _compared(*pair))])
    return _table(rows)


def growth_table(sizes: Sequence[tuple[int, Deliveries]]) -> str:
    """CPU time of the gateway's own process, functions apart, as connections grow."""
    rows = [["connections", "deliveries, 1/s", "CPU of the gateway a delivery, µs"]]
    rows += [[str(size), _figure(d.per_second), _figure(d.gateway_us)] for size, d in sizes]
    return _table(rows)


def fan_out_table(costs: Mapping[str, FanOutCost], listeners: int) -> str:
    """The reference's fan-out beside a pool of threads that call boto3."""
    plain, reference = costs["boto3"], costs["reference"]
    ratio = reference.per_cpu_second / plain.per_cpu_second
    rows = [
        [f"broadcasts to {listeners} listeners", "boto3 in a thread pool", "reference", "times better"],
        [
            "deliveries a CPU second of the function",
            _figure(plain.per_cpu_second),
            _figure(reference.per_cpu_second),
            f"{ratio:.1f}",
        ],
    ]
    return _table(rows)


def invocations_table(measured: Sequence[Invocations]) -> str:
    """What nobody gets below who invokes functions in processes of their own, frozen between events."""
    figures = {
        "invocations, one at a time, 1/s": [each.count / each.seconds for each in measured],
        "CPU of the stack an invocation, µs": [each.stack_cpu_s / each.count * 1e6 for each in measured],
        "CPU of the function an invocation, µs": [
            each.environment_cpu_s / each.count * 1e6 for each in measured
        ],
    }
    rows = [["an empty function behind the Runtime API", *(each.runtime for each in measured)]]
    rows += [[name, *map(_figure, values)] for name, values in figures.items()]
    return _table(rows)


def _compared(figure: float, ratio: float) -> tuple[str, str]:
    return _figure(figure), f"{ratio:.1f}"


def _figure(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    rule = "|" + "---|" * len(rows[0])
    return "\n".join(["", head, rule, *body])
