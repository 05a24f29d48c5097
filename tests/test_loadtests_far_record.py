"""A worker on another host sends its record to the master."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from gevent.event import Event

from loadtests import _far_record
from loadtests._far_record import FarRecord, Piece
from loadtests._load_run import RunPlan
from loadtests._options import Pace
from loadtests._received_records import ReceivedRecords
from reports.history import ClockCompared


class _Recorder:
    def __init__(self) -> None:
        self.compared: list[ClockCompared] = []

    def clock_compared(self, event: ClockCompared) -> None:
        self.compared.append(event)


def _run() -> Any:
    fleet = SimpleNamespace(recorder=_Recorder(), ahead_ns=0)
    return SimpleNamespace(over=Event(), ready=Event(), fleet=fleet)


def _plan(folder: Path) -> RunPlan:
    return RunPlan(folder, "0123abcd", 7, Pace(1.0, 3.0, 1.0, 120), churn=True, receive_times="read")


def test_the_record_arrives_whole_and_in_bounded_pieces(tmp_path: Path) -> None:
    records, sizes = ReceivedRecords(tmp_path), []

    def send(piece: Piece) -> None:
        sizes.append(len(piece.data))
        record.came(piece.suffix, records.take(piece))

    record = FarRecord(_plan(tmp_path), 3, send, lambda _: None)
    written = {"jsonl": b"line\n" * 300_000, "deliveries": b"d" * 24 * 50_000}
    for suffix, data in written.items():
        (record.plan.folder / f"history.3.{suffix}").write_bytes(data)
    record.start(_run())
    assert record.finish() == ()
    records.close()
    assert {s: (tmp_path / f"history.3.{s}").read_bytes() for s in written} == written
    assert max(sizes) <= 1 << 19
    assert not record.plan.folder.exists()


def test_what_the_master_does_not_acknowledge_stays_here_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_far_record, "_PATIENCE_S", 0.01)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    record = FarRecord(_plan(tmp_path), 3, lambda _: None, lambda _: None)
    (record.plan.folder / "history.3.jsonl").write_bytes(b"line\n")
    record.start(_run())
    (trouble,) = record.finish()
    (kept,) = tmp_path.glob("*/history.3.jsonl")
    assert str(kept.parent) in trouble
    assert kept.read_bytes() == b"line\n"


def test_an_answer_of_the_masters_is_recorded_and_lets_users_begin(tmp_path: Path) -> None:
    run = _run()
    record = FarRecord(_plan(tmp_path), 3, lambda _: None, lambda _: None)
    record.start(run)
    record.told(5, "clock of the master", 7)
    record.finish()
    (event,) = run.fleet.recorder.compared
    assert (event.process, event.asked_ns, event.clock, event.their_ns) == (3, 5, "clock of the master", 7)
    assert run.ready.is_set()
