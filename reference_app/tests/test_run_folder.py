"""Folders of runs, and what killed runs leave of them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from reference_app.gateway.run_folder import run_folder

_KILLED = """
import os, signal, sys, tempfile
from reference_app.gateway.run_folder import run_folder
tempfile.tempdir = sys.argv[1]
with run_folder("run-") as folder:
    (folder / "content").write_text("x")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_goes_with_its_run(place: Path) -> None:
    with run_folder("run-") as folder:
        assert list(place.iterdir()) == [folder]
    assert list(place.iterdir()) == []


def test_what_a_killed_run_has_left_goes_with_the_next(place: Path) -> None:
    subprocess.run([sys.executable, "-c", _KILLED, str(place)], check=False, timeout=60)
    (left,) = place.iterdir()
    assert (left / "content").exists()

    with run_folder("run-") as folder:
        assert list(place.iterdir()) == [folder]


def test_the_folder_of_a_run_that_goes_on_stays(place: Path) -> None:
    with run_folder("run-") as first, run_folder("run-") as second:
        assert set(place.iterdir()) == {first, second}


def test_folders_that_are_not_of_runs_stay(place: Path) -> None:
    (place / "run-of-somebody").mkdir()
    with run_folder("run-"):
        assert (place / "run-of-somebody").is_dir()
