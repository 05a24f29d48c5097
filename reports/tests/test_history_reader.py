from __future__ import annotations

from pathlib import Path

import pytest

from reports.history import (
    CORRUPT,
    ConnectEnded,
    ConnectStarted,
    FrameReceived,
    GeneratorHealth,
    Identified,
    LeaveStarted,
    Left,
    Phase,
    RowObserved,
    RowPlanted,
    SendEnded,
    SendStarted,
    message_id,
)
from reports.history_reader import HistoryError, read_history
from reports.history_writer import HistoryWriter


def record(folder: Path, process: int = 0, connections: int = 2) -> None:
    writer = HistoryWriter(folder, process=process)
    writer.write(Phase(1, "broadcast", "main"))
    for n in range(connections):
        writer.write(ConnectStarted(10 + n, n, "stayer"))
        writer.write(ConnectEnded(20 + n, n, "ok", 101, 50_000 + n))
        writer.write(Identified(25, n, f"id{process}{n}="))
    writer.write(SendStarted(30, message_id(process, 1), 0, 29, "broadcast", 5, "hello"))
    writer.write(SendEnded(31, message_id(process, 1), "ok"))
    for n in range(connections):
        writer.delivered(40 + n, message_id(process, 1), n)
    writer.write(FrameReceived(45, 1, 3, "???", message_id(process, 1)))
    writer.write(RowObserved(46, 47, f"id{process}0=", present=True))
    writer.write(RowPlanted(48, "gone=", "gone", "middle"))
    writer.write(GeneratorHealth(49, 1_000_000, 0.4))
    writer.write(LeaveStarted(50, 0, "close"))
    writer.write(LeaveStarted(51, 0, "peer-close"))
    writer.write(Left(52, 0, 1000, "bye"))
    writer.close()


def cut(path: Path, away: int) -> None:
    path.write_bytes(path.read_bytes()[:-away])


def test_every_field_of_a_planted_row_comes_back(tmp_path: Path) -> None:
    planted = RowPlanted(48, "gone=", "padded", "last")
    writer = HistoryWriter(tmp_path)
    writer.write(planted)
    writer.close()
    assert read_history(tmp_path).planted == [planted]


def test_events_fold_into_connections(tmp_path: Path) -> None:
    record(tmp_path)
    connection = read_history(tmp_path).connections[0]
    assert (connection.label, connection.opening_ns, connection.opened_ns) == ("c0", 10, 20)
    assert (connection.connection_id, connection.source_port) == ("id00=", 50_000)
    assert (connection.left_ns, connection.code, connection.reason) == (52, 1000, "bye")


def test_the_first_sign_of_leaving_counts(tmp_path: Path) -> None:
    record(tmp_path)
    connection = read_history(tmp_path).connections[0]
    assert (connection.leaving_ns, connection.how) == (50, "close")


def test_a_failed_handshake_opens_nothing(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path)
    writer.write(ConnectStarted(1, 0, "stayer"))
    writer.write(ConnectEnded(2, 0, "failed", 403, detail="Forbidden"))
    writer.close()
    connection = read_history(tmp_path).connections[0]
    assert (connection.opened_ns, connection.status, connection.detail) == (None, 403, "Forbidden")


def test_a_send_without_an_end_is_unknown(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path)
    writer.write(ConnectStarted(1, 0, "stayer"))
    writer.write(SendStarted(2, 1, 0, 2, "broadcast", 1, "x"))
    writer.close()
    assert read_history(tmp_path).messages[0].outcome == "unknown"


def test_deliveries_come_back_as_columns(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path)
    writer.write(ConnectStarted(1, 0, "stayer"))
    writer.delivered(7, message_id(0, 3), 0, CORRUPT)
    writer.close()
    assert read_history(tmp_path).deliveries.whole().tolist() == [(7, 3, 0, CORRUPT)]


def test_everything_else_is_kept_in_order(tmp_path: Path) -> None:
    record(tmp_path)
    history = read_history(tmp_path)
    assert [phase.name for phase in history.phases] == ["main"]
    assert [frame.text for frame in history.frames] == ["???"]
    assert [row.present for row in history.rows] == [True]
    assert [row.position for row in history.planted] == ["middle"]
    assert [health.cpu for health in history.health] == [0.4]


def test_several_processes_are_numbered_through(tmp_path: Path) -> None:
    record(tmp_path, 0, connections=2)
    record(tmp_path, 1, connections=3)
    history = read_history(tmp_path)
    assert [c.label for c in history.connections] == ["c0", "c1", "w1.c0", "w1.c1", "w1.c2"]
    assert history.deliveries.whole()["connection"].tolist() == [0, 1, 2, 3, 4]
    assert [m.label for m in history.messages] == ["m1", "w1.m1"]
    assert [m.sender for m in history.messages] == [0, 2]
    assert [frame.connection for frame in history.frames] == [1, 3]
    assert not history.cut_short


def test_the_end_is_the_last_thing_recorded(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path)
    writer.write(ConnectStarted(1, 0, "stayer"))
    writer.delivered(900, 1, 0)
    writer.close()
    assert read_history(tmp_path).end_ns == 900


def test_a_line_cut_in_the_middle_is_left_out_and_noted(tmp_path: Path) -> None:
    record(tmp_path)
    cut(tmp_path / "history.0.jsonl", 5)
    history = read_history(tmp_path)
    assert history.cut_short
    assert history.connections[0].code == 1000


def test_a_history_without_its_last_line_is_cut_short(tmp_path: Path) -> None:
    record(tmp_path)
    path = tmp_path / "history.0.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    history = read_history(tmp_path)
    assert history.cut_short
    assert history.cut_processes == [0]


def test_a_delivery_cut_in_the_middle_is_left_out_and_noted(tmp_path: Path) -> None:
    record(tmp_path)
    cut(tmp_path / "history.0.deliveries", 1)
    history = read_history(tmp_path)
    assert len(history.deliveries) == 1
    assert history.cut_short


def test_missing_deliveries_are_noted(tmp_path: Path) -> None:
    record(tmp_path)
    (tmp_path / "history.0.deliveries").unlink()
    history = read_history(tmp_path)
    assert len(history.deliveries) == 0
    assert history.cut_short


def test_a_folder_without_history_is_named(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match=r"no history\.\*\.jsonl in it"):
        read_history(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"[]\n", b"PNG\xff\n", b'{"kind":"Note","fields":{"at_ns":1}}\n', b"[" * 100_000]
)
def test_a_foreign_file_is_no_history(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "history.0.jsonl").write_bytes(content)
    with pytest.raises(HistoryError, match="no history header"):
        read_history(tmp_path)


def test_a_newer_format_is_told_from_a_foreign_file(tmp_path: Path) -> None:
    (tmp_path / "history.0.jsonl").write_text('{"kind":"Header","fields":{"format":2,"something":"else"}}\n')
    with pytest.raises(
        HistoryError, match="newer history format 2; this version of churnproof reads format 1"
    ):
        read_history(tmp_path)


def test_a_header_with_a_wrong_value_says_which(tmp_path: Path) -> None:
    header = '{"kind":"Header","fields":{"format":1,"process":"0","clock":"c","monotonic_ns":1,"wall":"w"}}\n'
    (tmp_path / "history.0.jsonl").write_text(header)
    with pytest.raises(HistoryError, match="`process` must be an integer"):
        read_history(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        "nonsense",
        '{"kind":"Moon","fields":{}}',
        '{"kind":"Note"}',
        '{"kind":"Note","fields":{"at":1}}',
        "[1]",
    ],
)
def test_a_line_that_is_no_event_is_named_by_its_number(tmp_path: Path, line: str) -> None:
    record(tmp_path)
    path = tmp_path / "history.0.jsonl"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:3], line, *lines[3:]]) + "\n")
    with pytest.raises(HistoryError, match=r"history\.0\.jsonl:4: no event of a history"):
        read_history(tmp_path)


@pytest.mark.parametrize("event", [ConnectEnded(1, 9, "ok"), SendEnded(1, 9, "ok"), Left(1, 9)])
def test_an_event_about_something_never_begun_is_named(
    tmp_path: Path, event: ConnectEnded | SendEnded | Left
) -> None:
    writer = HistoryWriter(tmp_path)
    writer.write(event)
    writer.close()
    with pytest.raises(HistoryError, match="refers to something that the file did not begin: 9"):
        read_history(tmp_path)


def test_connections_out_of_order_are_refused(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path)
    writer.write(ConnectStarted(1, 1, "stayer"))
    writer.close()
    with pytest.raises(HistoryError, match="connection 1 is out of order"):
        read_history(tmp_path)


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "history.0.jsonl").mkdir()
    with pytest.raises(HistoryError, match="Is a directory"):
        read_history(tmp_path)
