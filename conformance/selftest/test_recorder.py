from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from conformance.harness.errors import HarnessError
from conformance.harness.recorder import Recorder
from reports.history import CORRUPT, DELIVERY, EXACT, Deliveries, Event, GeneratorHealth, message_id
from reports.history_reader import read_history
from reports.history_writer import HistoryWriteError, HistoryWriter

DELIVERED = np.array([(1, 2, 3, EXACT)], DELIVERY)
FULL = OSError(errno.ENOSPC, "No space left on device")


class FullDisk(HistoryWriter):
    """A writer whose disk is full once it is open."""

    full = False

    def write(self, event: Event) -> None:
        raise HistoryWriteError(Path("history.0.jsonl"), FULL)

    def delivered(self, at_ns: int, message: int, connection: int, flags: int = 0) -> None:
        raise HistoryWriteError(Path("history.0.deliveries"), FULL)

    def deliveries(self, rows: Deliveries) -> None:
        raise HistoryWriteError(Path("history.0.deliveries"), FULL)

    def flush(self) -> None:
        if self.full:
            raise HistoryWriteError(Path("history.0.jsonl"), FULL)


def test_connections_of_many_threads_stand_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    recorder = Recorder(HistoryWriter(tmp_path))
    threads = [
        threading.Thread(target=lambda: [recorder.connect_started("x") for _ in range(200)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.close()
    assert [connection.number for connection in read_history(tmp_path).connections] == list(range(800))


def test_message_ids_are_those_of_the_process(tmp_path: Path) -> None:
    recorder = Recorder(HistoryWriter(tmp_path, process=3))
    assert [recorder.new_message(), recorder.new_message()] == [message_id(3, 0), message_id(3, 1)]
    recorder.close()


def test_the_life_of_a_connection_is_read_back(tmp_path: Path) -> None:
    recorder = Recorder(HistoryWriter(tmp_path))
    number = recorder.connect_started("stayer")
    recorder.connect_ended(number, "ok", status=101, source_port=4711)
    recorder.identified(number, "BD0R86oM6wFSgik=")
    recorder.leave_started(number, "peer-close")
    recorder.left(number, 1001, "Going away")
    recorder.close()
    (connection,) = read_history(tmp_path).connections
    assert (connection.group, connection.status, connection.source_port) == ("stayer", 101, 4711)
    assert connection.connection_id == "BD0R86oM6wFSgik="
    assert (connection.how, connection.code, connection.reason) == ("peer-close", 1001, "Going away")


def test_a_message_without_a_schedule_is_intended_for_now(tmp_path: Path) -> None:
    recorder = Recorder(HistoryWriter(tmp_path))
    number = recorder.connect_started("talker")
    message = recorder.new_message()
    recorder.send_started(message, number, "broadcast", "é\ud800")
    recorder.send_ended(message, "unknown", "reset")
    recorder.close()
    (sent,) = read_history(tmp_path).messages
    assert sent.intended_ns == sent.started_ns
    assert (sent.size, sent.text, sent.outcome, sent.detail) == (5, "é\ud800", "unknown", "reset")


def test_a_damaged_copy_is_an_event_and_a_corrupt_delivery(tmp_path: Path) -> None:
    recorder = Recorder(HistoryWriter(tmp_path))
    number = recorder.connect_started("x")
    recorder.frame_received(number, "bad", 3, 1000, corrupt_of=7)
    recorder.deliveries(np.array([(2000, 8, number, EXACT)], DELIVERY))
    recorder.close()
    history = read_history(tmp_path)
    assert [frame.corrupt_of for frame in history.frames] == [7]
    assert history.deliveries.whole().tolist() == [(1000, 7, number, CORRUPT), (2000, 8, number, 0)]


def test_recording_on_a_full_disk_raises_only_where_it_is_asked(tmp_path: Path) -> None:
    recorder = Recorder(FullDisk(tmp_path))
    recorder.check()
    recorder.note("lost")
    recorder.deliveries(DELIVERED)
    with pytest.raises(HarnessError, match="No space left on device"):
        recorder.check()
    with pytest.raises(HarnessError, match="No space left on device"):
        recorder.close()


@pytest.mark.parametrize(
    "record",
    [
        lambda recorder: recorder.flush(),
        lambda recorder: recorder.deliveries(DELIVERED),
        lambda recorder: recorder.frame_received(0, "bad", 3, 1, corrupt_of=7),
        lambda recorder: recorder.connect_started("x"),
    ],
    ids=["flush", "delivery", "frame", "event"],
)
def test_whatever_is_recorded_on_a_full_disk_is_noticed(
    tmp_path: Path, record: Callable[[Recorder], None]
) -> None:
    writer = FullDisk(tmp_path)
    recorder = Recorder(writer)
    writer.full = True
    record(recorder)
    with pytest.raises(HarnessError):
        recorder.check()
    writer.full = False
    with pytest.raises(HarnessError):
        recorder.close()


def test_rows_phases_and_health_are_read_back(tmp_path: Path) -> None:
    recorder = Recorder(HistoryWriter(tmp_path))
    recorder.phase("quiet", "main")
    recorder.row_observed(5, "BD0R86oM6wFSgik=", present=True)
    recorder.health(GeneratorHealth(7, 1_000_000, 0.5))
    recorder.close()
    history = read_history(tmp_path)
    assert [(phase.workload, phase.name) for phase in history.phases] == [("quiet", "main")]
    assert [(row.started_ns, row.present) for row in history.rows] == [(5, True)]
    assert [(health.schedule_lag_ns, health.cpu) for health in history.health] == [(1_000_000, 0.5)]
