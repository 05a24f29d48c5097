"""The benchmark of judging finds what it has planted."""

from __future__ import annotations

from pathlib import Path

from benchmarks.judging import judged_run
from benchmarks.synthetic_run import write_run


def test_the_judge_finds_exactly_what_was_planted(tmp_path: Path) -> None:
    planted = write_run(tmp_path, 200_000)
    assert (planted.lost, planted.late, planted.duplicated) == (1, 1, 1)
    assert judged_run(tmp_path).delivery == planted
