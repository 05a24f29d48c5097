"""What was measured, side by side, in words and columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One client; None where it was not measured."""

    name: str
    cpu_us: float
    """For each delivery."""
    connects_per_s: float
    connect_cpu_us: float
    bytes_per_connection: float | None


@dataclass(frozen=True)
class Accuracy:
    """What a client said of latency, and what was true, in milliseconds."""

    name: str
    load: str
    reported: Mapping[str, float]
    """By percentile."""
    true: Mapping[str, float]
    heard: float
    """Share of what the server wrote that the client heard in time to tell of it."""
    own_times: float
    """Share of what it heard whose time is of that very message; others came with later ones."""


@dataclass(frozen=True)
class Judged:
    """One run that was judged, from the start of its process to the end."""

    deliveries: int
    cpu_s: float
    peak_bytes: int
    """Resident, of the process."""


_HEAD = (
    "client",
    "CPU us/delivery",
    "x C",
    "/ plain",
    "connects/s",
    "CPU us/connect",
    "/ plain",
    "KB/idle connection",
    "/ plain",
)


def comparison(rows: Sequence[Row], measure: Row, plain: Row | None) -> str:
    """One line a client: its CPU against that of `measure` and of `plain`."""
    lines = [_HEAD, *(tuple(_cells(row, measure, plain)) for row in rows)]
    return _aligned(lines)


def accuracies(found: Sequence[Accuracy]) -> str:
    """One line a client, load and percentile: reported, true, and the error."""
    lines = [("client", "load", "percentile", "reported ms", "true ms", "error", "heard", "own times")]
    for accuracy in found:
        for percentile, true in accuracy.true.items():
            reported = accuracy.reported[percentile]
            error = f"{reported / true - 1:+.1%}"
            times = (
                f"{reported:.2f}",
                f"{true:.2f}",
                error,
                f"{accuracy.heard:.1%}",
                f"{accuracy.own_times:.1%}",
            )
            lines.append((accuracy.name, accuracy.load, percentile, *times))
    return _aligned(lines)


def judging(found: Sequence[Judged]) -> str:
    """One line a run."""
    lines = [("deliveries judged", "CPU s", "CPU us each", "peak MB")]
    for run in found:
        each_us = f"{run.cpu_s / run.deliveries * 1e6:.2f}"
        lines.append((f"{run.deliveries:,}", f"{run.cpu_s:.1f}", each_us, f"{run.peak_bytes / 1e6:.0f}"))
    return _aligned(lines)


def shared(processes: int, total_us: float, busiest_us: float, alone_us: float) -> str:
    """What more processes are worth, by CPU for each delivery: theirs, their busiest one's, and one's alone.

    On as many cores of their own they are full when the busiest is, or when all cores are.
    """
    times = min(alone_us / busiest_us, processes * alone_us / total_us)
    return (
        f"{processes} processes and their master: {total_us:.1f} us of CPU a delivery, "
        f"the busiest {busiest_us:.1f}, one alone {alone_us:.1f}: "
        f"on {processes} cores of their own they take {times:.2f} x as much"
    )


def _cells(row: Row, measure: Row, plain: Row | None) -> Iterator[str]:
    yield row.name
    yield f"{row.cpu_us:.1f}"
    yield f"{row.cpu_us / measure.cpu_us:.2f}"
    yield "" if plain is None else f"1/{plain.cpu_us / row.cpu_us:.1f}"
    yield f"{row.connects_per_s:,.0f}"
    yield f"{row.connect_cpu_us:.0f}"
    yield "" if plain is None else f"1/{plain.connect_cpu_us / row.connect_cpu_us:.1f}"
    yield "" if row.bytes_per_connection is None else f"{row.bytes_per_connection / 1024:.1f}"
    yield "" if plain is None else _share(row.bytes_per_connection, plain.bytes_per_connection)


def _share(own: float | None, plain: float | None) -> str:
    return "" if own is None or plain is None else f"1/{plain / own:.1f}"


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]

    def line(cells: Sequence[str]) -> str:
        first, *others = zip(cells, widths, strict=True)
        return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)])

    return "\n".join(map(line, lines))
