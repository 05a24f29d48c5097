from __future__ import annotations

from pathlib import Path

import pytest

from conformance.harness import heartbeat as heartbeat_module
from conformance.harness.deadline import Deadline, wait_for
from conformance.harness.heartbeat import Heartbeat
from conformance.harness.receive_backlog import ReceiveBacklog
from conformance.harness.recorder import Recorder
from reports.history_reader import History, read_history
from reports.history_writer import HistoryWriter


def beat(folder: Path, monkeypatch: pytest.MonkeyPatch, lateness_ns: int) -> History:
    """The history of a heartbeat that beats fast, until two beats are recorded."""
    monkeypatch.setattr(heartbeat_module, "_PERIOD_NS", 5_000_000)
    recorder = Recorder(HistoryWriter(folder))
    backlog = ReceiveBacklog()
    backlog.round(began_ns=50, ended_ns=90, first_ns=3)
    heartbeat = Heartbeat(recorder, backlog)
    heartbeat.lagged(lateness_ns)
    heartbeat.start()

    def two_beats() -> bool:
        recorder.flush()
        return len(read_history(folder).health) >= 2

    assert wait_for(two_beats, Deadline(10))
    heartbeat.stop()
    recorder.close()
    return read_history(folder)


def test_the_worst_lag_since_the_last_beat_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = beat(tmp_path, monkeypatch, 77_000_000_000)
    assert history.health[0].schedule_lag_ns == 77_000_000_000
    assert history.health[1].schedule_lag_ns < 77_000_000_000


def test_the_processor_time_is_a_share_of_one_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(health.cpu >= 0 for health in beat(tmp_path, monkeypatch, 0).health)


def test_the_worst_wait_of_a_message_since_the_last_beat_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = beat(tmp_path, monkeypatch, 0)
    assert [sample.receive_lag_ns for sample in history.health[:2]] == [47, 0]
