from __future__ import annotations

from pathlib import Path

import pytest

from reports.cut_short import read_cut_short
from reports.history import (
    ConnectEnded,
    ConnectStarted,
    GeneratorHealth,
    LeaveStarted,
    Left,
    Phase,
    SendStarted,
)
from reports.history_reader import read_history
from reports.history_writer import HistoryWriter
from reports.run_folder import RunFolderError, write_plan

SECOND = 1_000_000_000


def record(folder: Path) -> int:
    """A second of a run, counted from the header's moment, which is returned."""
    HistoryWriter(folder).close()
    start = read_history(folder).headers[0].monotonic_ns
    writer = HistoryWriter(folder)
    start = max(start, read_history(folder).headers[0].monotonic_ns)
    writer.write(Phase(start, "broadcast", "main"))
    writer.write(ConnectStarted(start, 0, "stayer"))
    writer.write(ConnectEnded(start + SECOND // 10, 0, "ok", 101))
    writer.write(SendStarted(start + SECOND // 5, 1, 0, start, "broadcast", 1, "x"))
    writer.delivered(start + SECOND // 2, 1, 0)
    writer.write(GeneratorHealth(start + SECOND // 2, 1_000_000, 0.2))
    writer.write(LeaveStarted(start + SECOND, 0, "close"))
    writer.write(Left(start + SECOND, 0, 1000))
    writer.flush()
    writer.close()
    return start


def test_what_the_history_shows_is_there_and_nothing_is_judged(tmp_path: Path) -> None:
    record(tmp_path)
    found = read_cut_short(tmp_path)
    assert (found.verdict, found.cut_short, found.clauses) == ("inconclusive", True, ())
    assert found.duration_s == pytest.approx(1.0, abs=0.01)
    assert (sum(found.series.connects), found.series.connections[-1]) == (1, 0)
    assert (found.connects, found.close_codes) == ({"101": 1}, {"1000": 1})
    assert [span.name for span in found.phases] == ["main"]
    assert found.generator.samples == 1
    assert (found.delivery.messages, found.delivery.owed) == (1, 0)


def test_the_plan_says_what_it_was_and_how_to_repeat_it(tmp_path: Path) -> None:
    record(tmp_path)
    write_plan(
        tmp_path, {"kind": "load", "seed": 9, "target": {"url": "ws://h"}, "command": "locust -f loadtests"}
    )
    found = read_cut_short(tmp_path)
    assert (found.kind, found.seed, found.target["url"]) == ("load", 9, "ws://h")
    assert found.reason == (
        "the run was cut short before it was judged, with 1 messages and 1 deliveries recorded; "
        "to get a verdict, repeat it with: locust -f loadtests"
    )


@pytest.mark.parametrize("plan", [{}, {"kind": 3, "seed": "x", "target": [], "command": None}])
def test_a_plan_that_says_nothing_of_use_is_no_obstacle(tmp_path: Path, plan: dict[str, object]) -> None:
    record(tmp_path)
    write_plan(tmp_path, plan)
    found = read_cut_short(tmp_path)
    assert (found.kind, found.seed, found.target, found.command) == ("conformance", 0, {}, "")
    assert found.reason.endswith("repeat it, and let it end")


def test_secrets_in_the_plan_are_redacted(tmp_path: Path) -> None:
    record(tmp_path)
    write_plan(tmp_path, {"command": "pytest --target wss://h/?token=abc123"})
    assert "abc123" not in repr(read_cut_short(tmp_path))


def test_a_history_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "history.0.jsonl").write_text("")
    with pytest.raises(RunFolderError, match="was cut short, and its history cannot be read"):
        read_cut_short(tmp_path)


def test_times_of_two_clocks_are_not_drawn_on_one_axis(tmp_path: Path) -> None:
    record(tmp_path)
    HistoryWriter(tmp_path, process=1).close()
    path = tmp_path / "history.1.jsonl"
    clock = read_history(tmp_path).headers[1].clock
    path.write_text(path.read_text().replace(clock, "another-clock"))
    assert read_cut_short(tmp_path).series.owed == ()


def test_a_history_that_never_began_has_no_duration(tmp_path: Path) -> None:
    HistoryWriter(tmp_path).close()
    found = read_cut_short(tmp_path)
    assert (found.duration_s, found.series.owed) == (0, ())
