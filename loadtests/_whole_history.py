"""The histories of all workers as one, with what a worker that died leaves unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reports.capacity import Window
from reports.history import Phase
from reports.history_reader import Connection, History, read_history

UNDECIDED = "undecided"
OVERLOAD = "overload"


def read_whole(folder: Path) -> History:
    """The run's history, with what nobody can know left open.

    What a process whose record is cut off would have heard after its last record nobody knows: its
    connections count as gone from there on, so that pairs become unknown and not lost. A handshake
    without an end, at the end of a run or of a process, is moved to the group UNDECIDED.
    Raises HistoryError.
    """
    history = read_history(folder)
    for process in history.cut_processes:
        _end(history, process)
    for connection in history.connections:
        if connection.connect_outcome == "unknown" and not connection.detail:
            connection.group = UNDECIDED
    return replace(history, phases=_phases(history.phases), end_ns=_end_of_load(history))


def _end_of_load(history: History) -> int:
    """When the last client had gone: the table is watched for longer, which is no part of the load."""
    left = [connection.left_ns for connection in history.connections if connection.opened_ns is not None]
    gone = [at_ns for at_ns in left if at_ns is not None]
    return max(gone) if gone and len(gone) == len(left) else history.end_ns


def without_overload(history: History, stages: Sequence[Window]) -> History:
    """The same, with what was sent in stages that broke moved to the group OVERLOAD.

    A capacity search looks for the load that breaks: that it breaks is its finding, and no violation.
    """
    over = [(stage.begun_ns, stage.ended_ns) for stage in stages if stage.broken]
    for message in history.messages:
        if any(begun_ns <= message.started_ns < ended_ns for begun_ns, ended_ns in over):
            message.group = OVERLOAD
    return history


def _end(history: History, process: int) -> None:
    mine = [c for c in history.connections if c.process == process]
    if not mine:
        return
    numbers = range(mine[0].number, mine[-1].number + 1)
    last_ns = _last_record_ns(history, mine, numbers, process)
    for connection in mine:
        if connection.leaving_ns is None:
            connection.leaving_ns, connection.how = last_ns, "abort"


def _last_record_ns(history: History, mine: list[Connection], numbers: range, process: int) -> int:
    times: list[int] = []
    for heard in history.deliveries:
        own = (heard["connection"] >= numbers.start) & (heard["connection"] < numbers.stop)
        times += [int(heard["at_ns"][own].max())] if own.any() else []
    times += [at_ns for c in mine for at_ns in c.times_ns]
    times += [m.started_ns for m in history.messages if m.id >> 32 == process]
    return max(times)


def _phases(phases: list[Phase]) -> list[Phase]:
    """Each phase once, from when the first worker was in it."""
    first: dict[tuple[str, str], Phase] = {}
    for phase in sorted(phases, key=lambda phase: phase.at_ns):
        first.setdefault((phase.workload, phase.name), phase)
    return list(first.values())
