"""Ctrl-C and SIGTERM: one stops the run, a second does not stop the clean-up, and no planted row stays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.harness.local_stack import open_target
from conformance.harness.table import ConnectionTable
from conformance.harness.target import LocalApplication, Target
from conformance.interruption import interruptible

_ROOT = Path(__file__).parents[2]
_KEEPS_ROWS = Path(__file__).parent / "backends" / "never_deletes_on_gone" / "template.yaml"


def test_the_first_signal_interrupts_the_second_only_tells_the_third_interrupts_again() -> None:
    told: list[str] = []
    with interruptible(told.append):
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        assert len(told) == 1
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_afterwards_signals_do_what_they_did_before() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with interruptible(print):
        assert signal.getsignal(signal.SIGTERM) is not before[1]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Target, Path]]:
    """A backend that removes no stale row itself, and the target file that leads to it."""
    folder = tmp_path_factory.mktemp("stack")
    with open_target(LocalApplication(_KEEPS_ROWS), folder) as target:
        yield target, folder / "target.toml"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_no_planted_row_stays_when_the_run_is_stopped(
    backend: tuple[Target, Path], tmp_path: Path, number: signal.Signals
) -> None:
    target, file = backend
    command = [sys.executable, "-m", "pytest", "conformance", "--target", str(file), "-k", "stale_02"]
    with subprocess.Popen(
        [*command, "--run-dir", str(tmp_path / "run"), "-p", "no:cacheprovider"],
        cwd=_ROOT,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        # By then rows stand in the table, first, in the middle and last.
        assert any("broadcasting until they are removed" in line for line in run.stdout)
        run.send_signal(number)
        said = run.stdout.read()
    assert run.returncode == pytest.ExitCode.INTERRUPTED, said
    lines = (tmp_path / "run" / "history.0.jsonl").read_text().splitlines()
    planted = [e["fields"]["connection_id"] for e in map(json.loads, lines) if e["kind"] == "RowPlanted"]
    assert len(planted) >= 3
    assert target.table is not None
    with ConnectionTable(target.table, target.credentials) as table:
        assert table.present(planted) == frozenset()
    assert "CUT SHORT" in said
