from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reports.history import ConnectEnded, ConnectStarted, FrameReceived, Note, SendStarted, message_id
from reports.history_reader import read_history
from reports.history_writer import HistoryWriteError, HistoryWriter, clock_name


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Files of this process cannot grow beyond `size` bytes: stands for a full disk."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_raises_once_and_leaves_whole_records(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path)
    for n in range(10):
        writer.write(Note(n, "before the disk was full"))
    writer.flush()
    with file_size_limit((tmp_path / "history.0.jsonl").stat().st_size + 700):
        for n in range(100):
            writer.write(Note(n, "does not fit"))
        with pytest.raises(HistoryWriteError, match=r"cannot write .*history\.0\.jsonl"):
            writer.flush()
        writer.write(Note(0, "dropped"))
        writer.flush()
    writer.close()

    lines = (tmp_path / "history.0.jsonl").read_bytes().split(b"\n")
    assert [json.loads(line)["fields"]["text"] for line in lines[1:-1]] == ["before the disk was full"] * 10
    assert read_history(tmp_path).cut_short


def test_a_history_that_met_a_full_disk_is_cut_short_even_when_the_disk_has_room_again(
    tmp_path: Path,
) -> None:
    writer = HistoryWriter(tmp_path)
    writer.write(Note(0, "x" * 400))
    with file_size_limit(300), pytest.raises(HistoryWriteError):
        writer.flush()
    writer.close()
    assert read_history(tmp_path).cut_short


def test_a_closed_history_is_whole(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path)
    writer.write(Note(0, "all there is"))
    writer.close()
    assert not read_history(tmp_path).cut_short


def test_closing_twice_changes_nothing(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path)
    writer.close()
    before = (tmp_path / "history.0.jsonl").read_bytes()
    writer.close()
    assert (tmp_path / "history.0.jsonl").read_bytes() == before


def test_a_killed_writer_leaves_a_readable_history_that_is_cut_short(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from reports.history import ConnectStarted\n"
        "from reports.history_writer import HistoryWriter\n"
        "writer = HistoryWriter(Path(sys.argv[1]))\n"
        "for n in range(5): writer.write(ConnectStarted(n, n, 'stayer'))\n"
        "writer.flush()\n"
        "writer.write(ConnectStarted(5, 5, 'stayer'))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    history = read_history(tmp_path)
    assert len(history.connections) == 5
    assert history.cut_short


def test_lone_surrogates_survive(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path)
    writer.write(ConnectStarted(0, 0, "stayer"))
    writer.write(FrameReceived(1, 0, 3, "\ud800 and \udfff"))
    writer.close()
    assert read_history(tmp_path).frames[0].text == "\ud800 and \udfff"


def test_threads_may_write_at_the_same_time(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path)
    writer.write(ConnectStarted(0, 0, "stayer"))

    def record(thread: int) -> None:
        for n in range(500):
            writer.write(Note(n, f"thread {thread}"))
            writer.delivered(n, message_id(0, n), 0)

    threads = [threading.Thread(target=record, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    history = read_history(tmp_path)
    assert len(history.deliveries) == 2000
    assert not history.cut_short


def test_named_secrets_are_redacted_in_every_text(tmp_path: Path) -> None:
    secret = "tok-5f1e9a77c0"
    writer = HistoryWriter(tmp_path, secrets=[secret])
    writer.write(ConnectStarted(0, 0, "stayer"))
    writer.write(ConnectEnded(1, 0, "failed", 403, None, f"GET /prod?token={secret} refused"))
    writer.write(SendStarted(2, 1, 0, 2, "broadcast", 10, f"payload {secret}"))
    writer.write(FrameReceived(3, 0, 10, json.dumps({"echo": secret})))
    writer.close()
    assert secret not in (tmp_path / "history.0.jsonl").read_text()
    assert read_history(tmp_path).frames[0].text == '{"echo": "[redacted]"}'


def test_the_clock_is_named_alike_in_every_process_of_this_machine() -> None:
    program = "from reports.history_writer import clock_name; print(clock_name())"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == clock_name()
