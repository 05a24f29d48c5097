from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reports.history_writer import HistoryWriter
from reports.run_folder import (
    CutShortError,
    RunFolderError,
    create_run_folder,
    read_plan,
    read_results,
    write_plan,
)
from reports.tests.sample_runs import passing_run, write_results

NOON = datetime(2026, 3, 14, 12, 0, 0, tzinfo=UTC)


def test_the_name_tells_when_and_what(tmp_path: Path) -> None:
    folder = create_run_folder("load", root=tmp_path / "runs", now=NOON)
    assert folder == tmp_path / "runs" / "20260314T120000Z-load"
    assert folder.is_dir()


def test_two_runs_within_a_second_do_not_meet(tmp_path: Path) -> None:
    first, second = (create_run_folder("load", root=tmp_path, now=NOON) for _ in range(2))
    assert first != second


def test_a_given_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    assert create_run_folder("load", tmp_path / "a" / "b").is_dir()


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    assert create_run_folder("load", tmp_path) == tmp_path


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").touch()
    with pytest.raises(RunFolderError, match="is not empty; a run needs a folder of its own"):
        create_run_folder("load", tmp_path)


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunFolderError, match="is a file, not a run folder"):
        create_run_folder("load", tmp_path / "file")


@pytest.mark.parametrize("named", [True, False])
def test_a_folder_that_cannot_be_made_says_why(tmp_path: Path, named: bool) -> None:
    (tmp_path / "file").touch()
    place = tmp_path / "file" / "below"
    with pytest.raises(RunFolderError, match=r"cannot make the run folder .*: Not a directory"):
        create_run_folder("load", place) if named else create_run_folder("load", root=place)


def test_the_plan_comes_back(tmp_path: Path) -> None:
    write_plan(tmp_path, {"seed": 7, "text": "\ud800"})
    assert read_plan(tmp_path) == {"seed": 7, "text": "\ud800"}


def test_no_plan_is_an_empty_one(tmp_path: Path) -> None:
    assert read_plan(tmp_path) == {}


def test_a_plan_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"cannot write .*No such file"):
        write_plan(tmp_path / "absent", {})


def test_a_foreign_plan_is_named(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("[1]")
    with pytest.raises(RunFolderError, match="not a churnproof plan"):
        read_plan(tmp_path)


def test_results_come_back(tmp_path: Path) -> None:
    write_results(passing_run(), tmp_path)
    assert read_results(tmp_path) == passing_run()


def test_an_absent_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"absent does not exist$"):
        read_results(tmp_path / "absent")


def test_a_file_is_no_run_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunFolderError, match="is a file, not a run folder"):
        read_results(tmp_path / "file")


def test_an_empty_folder_is_no_run_folder(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"holds neither results\.json nor a history"):
        read_results(tmp_path)


def test_a_history_without_results_is_a_run_cut_short(tmp_path: Path) -> None:
    HistoryWriter(tmp_path).close()
    with pytest.raises(CutShortError, match="the run was cut short"):
        read_results(tmp_path)


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_told_from_a_foreign_one(tmp_path: Path, kept: float) -> None:
    text = passing_run().to_json()
    (tmp_path / "results.json").write_text(text[: int(len(text) * kept)])
    with pytest.raises(RunFolderError, match="is truncated: it ends in the middle"):
        read_results(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "was not written by churnproof: it is not JSON"),
        (b"hello", "was not written by churnproof: it is not JSON"),
        (b'{"a": nonsense}', "was not written by churnproof: it is not JSON"),
        (b"\xff\xfe\x00", "was not written by churnproof: it is no UTF-8 text"),
        (b"[" * 100_000, "was not written by churnproof: it is nested too deeply"),
        (b'{"name": "package"}', "no churnproof result"),
        (json.dumps({"format": 9, "clauses": []}).encode(), "newer result format 9"),
        (json.dumps({"format": 0, "clauses": []}).encode(), "older result format 0"),
        (json.dumps({"format": 1, "clauses": []}).encode(), "damaged churnproof result: `kind` is missing"),
    ],
)
def test_every_other_file_is_told_apart(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "results.json").write_bytes(content)
    with pytest.raises(RunFolderError, match=message):
        read_results(tmp_path)


def test_a_results_file_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    (tmp_path / "results.json").mkdir()
    with pytest.raises(RunFolderError, match=r"cannot read .*Is a directory"):
        read_results(tmp_path)
