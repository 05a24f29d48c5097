from __future__ import annotations

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


def test_a_folder_in_which_none_can_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "results.json").write_text("[]")
    with pytest.raises(RunFolderError, match="none of the 1 runs in"):
        choose_runs([tmp_path])


@pytest.mark.parametrize("name", ["notes", "absent"])
def test_a_path_without_a_run_is_refused(runs: Path, name: str) -> None:
    with pytest.raises(RunFolderError, match=name):
        choose_runs([runs / name])
