"""One history out of those of several workers, some of which may have died."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from conformance.harness.contract import Bounds, Contract
from conformance.harness.oracle import judge
from loadtests._whole_history import UNDECIDED, read_whole
from reports.history import (
    ConnectEnded,
    ConnectStarted,
    Event,
    LeaveStarted,
    Left,
    Phase,
    RowObserved,
    SendEnded,
    SendStarted,
    message_id,
)
from reports.history_writer import HistoryWriter

_S = 1_000_000_000
_SENT = message_id(1, 0)


def _joins(connection: int, at_s: int = 1) -> list[Event]:
    return [
        ConnectStarted(at_s * _S, connection, "stayer"),
        ConnectEnded(at_s * _S + 1, connection, "ok", status=101),
    ]


def _leaves(connection: int, at_s: int) -> list[Event]:
    return [LeaveStarted(at_s * _S, connection, "close"), Left(at_s * _S, connection, 1000)]


def _speaks(connection: int, at_s: int) -> list[Event]:
    started = SendStarted(at_s * _S, _SENT, connection, at_s * _S, "churn/main", 5, "hello")
    return [started, SendEnded(at_s * _S, _SENT, "ok")]


def _record(folder: Path, process: int, events: Sequence[Event], *heard: tuple[int, int]) -> None:
    """`heard` are pairs of connection and second."""
    writer = HistoryWriter(folder, process=process)
    for event in events:
        writer.write(event)
    for connection, at_s in heard:
        writer.delivered(at_s * _S, _SENT, connection)
    writer.close()


def _dies(folder: Path, process: int, events: Sequence[Event], *heard: tuple[int, int]) -> None:
    """What a killed process leaves has no footer."""
    _record(folder, process, events, *heard)
    path = folder / f"history.{process}.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))


def _sender(folder: Path) -> None:
    _record(folder, 1, [*_joins(0), *_speaks(0, 10), *_leaves(0, 30)], (0, 11))


def test_what_a_worker_that_died_would_have_heard_is_unknown_and_not_lost(tmp_path: Path) -> None:
    _sender(tmp_path)
    _dies(tmp_path, 2, _joins(0))
    history = read_whole(tmp_path)
    judgement = judge(history, Contract(), Bounds(deliver_s=5))
    assert history.cut_processes == [2]
    assert judgement.counts.lost == 0
    assert judgement.counts.owed == 1


def test_what_it_should_have_heard_before_it_died_is_lost(tmp_path: Path) -> None:
    _sender(tmp_path)
    _dies(tmp_path, 2, [*_joins(0), *_joins(1, at_s=20)])
    assert judge(read_whole(tmp_path), Contract(), Bounds(deliver_s=5)).counts.lost == 1


def test_deliveries_are_signs_of_life_of_the_worker_that_heard_them(tmp_path: Path) -> None:
    _sender(tmp_path)
    _dies(tmp_path, 2, [*_joins(0), *_joins(1)], (0, 16))
    lost = judge(read_whole(tmp_path), Contract(), Bounds(deliver_s=5)).lost
    assert len(lost) == 1


def test_a_worker_that_ended_in_good_order_is_left_as_it_is(tmp_path: Path) -> None:
    _sender(tmp_path)
    _record(tmp_path, 2, [*_joins(0), *_leaves(0, 30)])
    history = read_whole(tmp_path)
    assert history.cut_processes == []
    assert judge(history, Contract(), Bounds(deliver_s=5)).counts.lost == 1


def test_a_worker_that_died_before_its_first_connection_changes_nothing(tmp_path: Path) -> None:
    _sender(tmp_path)
    _dies(tmp_path, 2, [])
    assert read_whole(tmp_path).cut_processes == [2]


def test_the_load_ends_with_its_last_client_though_the_table_is_watched_for_longer(tmp_path: Path) -> None:
    _record(tmp_path, 0, [*_joins(0), *_leaves(0, 5)])
    _record(tmp_path, 9999, [RowObserved(9 * _S, 9 * _S, "BD0R86oM6wFSgik=", present=False)])
    assert read_whole(tmp_path).end_ns == 5 * _S


def test_a_handshake_that_the_end_cut_off_is_undecided(tmp_path: Path) -> None:
    cut_off: list[Event] = [ConnectStarted(2 * _S, 1, "joiner")]
    _record(tmp_path, 0, [*_joins(0), *cut_off, *_leaves(0, 3)])
    assert [c.group for c in read_whole(tmp_path).connections] == ["stayer", UNDECIDED]


def test_a_handshake_that_was_refused_stays_what_it_is(tmp_path: Path) -> None:
    refused: list[Event] = [
        ConnectStarted(2 * _S, 0, "joiner"),
        ConnectEnded(2 * _S, 0, "failed", status=500, detail="HTTP 500"),
    ]
    _record(tmp_path, 0, refused)
    assert [c.group for c in read_whole(tmp_path).connections] == ["joiner"]


def test_the_phases_of_several_workers_are_those_of_the_first_to_reach_them(tmp_path: Path) -> None:
    _record(tmp_path, 1, [Phase(2 * _S, "churn", "main"), Phase(8 * _S, "churn", "settle")])
    _record(tmp_path, 2, [Phase(1 * _S, "churn", "main"), Phase(9 * _S, "churn", "settle")])
    phases = [(phase.at_ns // _S, phase.name) for phase in read_whole(tmp_path).phases]
    assert phases == [(1, "main"), (8, "settle")]
