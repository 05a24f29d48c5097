"""The temporary folder of a worker on another host, and those that killed workers leave."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from loadtests._far_folder import FarFolder

_LEFT_BY_A_KILLED_WORKER = """
import os, signal, sys, tempfile
tempfile.tempdir = sys.argv[1]
from loadtests._far_folder import FarFolder
folder = FarFolder()
(folder.path / "history.1.jsonl").write_bytes(b"line")
print(folder.path, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_what_a_killed_worker_left_is_gone_when_the_next_one_starts(place: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LEFT_BY_A_KILLED_WORKER, str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    left = Path(done.stdout.strip())
    assert left.parent == place
    FarFolder().remove()
    assert not left.exists()


def test_the_folder_of_a_worker_that_lives_stays(place: Path) -> None:
    living = FarFolder()
    FarFolder().remove()
    assert living.path.is_dir()
    living.remove()
    assert list(place.iterdir()) == []


def test_what_was_kept_for_somebody_to_look_at_stays() -> None:
    folder = FarFolder()
    (folder.path / "history.1.jsonl").write_bytes(b"line")
    kept = folder.keep()
    FarFolder().remove()
    assert (kept / "history.1.jsonl").read_bytes() == b"line"


def test_what_a_link_of_that_name_leads_to_stays(place: Path) -> None:
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    (place / "churnproof-worker-link").symlink_to(elsewhere)
    FarFolder().remove()
    assert elsewhere.is_dir()
