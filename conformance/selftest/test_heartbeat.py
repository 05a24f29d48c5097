from __future__ import annotations

import subprocess
import sys
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
        return len(read_history(folder).health) >= 2

    assert wait_for(two_beats, Deadline(10))  # on the disk, without anybody else flushing it
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


def test_the_runnable_threads_are_averaged_over_the_beat_and_the_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([0] * 19 + [40])
    monkeypatch.setattr(heartbeat_module, "runnable_threads", lambda: next(looks, 6))
    monkeypatch.setattr(heartbeat_module, "_CORES", 4)
    history = beat(tmp_path, monkeypatch, 0)
    assert [sample.runnable_per_core for sample in history.health[:2]] == [0.5, 1.5]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_a_program_that_burns_a_processor_is_runnable() -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as burning:
        assert wait_for(lambda: heartbeat_module.runnable_threads() > 0, Deadline(10))
        burning.kill()
