from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from reports.run_choice import choose_runs
from reports.run_folder import RunFolderError
from reports.tests.sample_history_of_runs import daily_runs
from reports.tests.sample_runs import passing_run, write_results


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for name, run in daily_runs(3, 9):
        (tmp_path / name).mkdir()
        write_results(run, tmp_path / name)
    (tmp_path / "a-conformance-run").mkdir()
    write_results(passing_run("conformance"), tmp_path / "a-conformance-run")
    (tmp_path / "notes").mkdir()
    return tmp_path


def test_a_run_folder_is_shown_itself(runs: Path) -> None:
    chosen = choose_runs([runs / "run-00"])
    assert [path.name for path, _ in chosen.shown] == ["run-00"]


def test_of_a_folder_of_runs_the_newest_of_each_kind_is_shown(runs: Path) -> None:
    chosen = choose_runs([runs])
    assert sorted(path.name for path, _ in chosen.shown) == ["a-conformance-run", "run-02"]
    assert len(chosen.all) == 4


def test_a_run_among_many_that_cannot_be_read_is_left_out_with_its_reason(runs: Path) -> None:
    (runs / "run-01" / "results.json").write_text('{"format": 1,')
    chosen = choose_runs([runs])
    assert len(chosen.all) == 3
    assert chosen.left_out == (
        f"Left out: {runs / 'run-01' / 'results.json'} is truncated: it ends in the middle of the document.",
    )


@pytest.mark.parametrize(("age_s", "newest"), [(-60, False), (60, True)])
def test_it_is_known_whether_the_newest_is_the_one_that_cannot_be_read(
    runs: Path, age_s: int, newest: bool
) -> None:
    last = max((folder / "results.json").stat().st_mtime for folder in runs.glob("*run*"))
    damaged = runs / "run-01" / "results.json"
    damaged.write_text("{")
    for path in damaged.parent.iterdir():
        os.utime(path, (last + age_s, last + age_s))
    assert choose_runs([runs]).newest_is_unread is newest


def test_a_newer_version_s_run_is_the_newest_by_its_start(runs: Path) -> None:
    newest = runs / "run-02" / "results.json"
    newest.write_text(newest.read_text().replace('"format": 1', '"format": 2'))
    os.utime(newest, (0, 0))
    assert choose_runs([runs]).newest_is_unread is False  # the conformance run began later
    (runs / "a-conformance-run" / "results.json").write_text(newest.read_text())
    assert choose_runs([runs]).newest_is_unread is True


def test_the_newest_is_so_by_its_time_whatever_zone_that_is_written_in(tmp_path: Path) -> None:
    for name, started in (("earlier", "2026-03-14T11:00:00+02:00"), ("later", "2026-03-14T09:30:00+00:00")):
        (tmp_path / name).mkdir()
        write_results(replace(passing_run(), started=started), tmp_path / name)
    assert [path.name for path, _ in choose_runs([tmp_path]).shown] == ["later"]


def test_a_folder_in_which_none_can_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "results.json").write_text("[]")
    with pytest.raises(RunFolderError, match="none of the 1 runs in"):
        choose_runs([tmp_path])


@pytest.mark.parametrize("name", ["notes", "absent"])
def test_a_path_without_a_run_is_refused(runs: Path, name: str) -> None:
    with pytest.raises(RunFolderError, match=name):
        choose_runs([runs / name])
