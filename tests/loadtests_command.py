"""Runs `locust -f loadtests` as a user would, against backends of the tests' own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest
from websockets.sync.server import ServerConnection

from conformance.checkers.case import Case
from conformance.harness.contract import Bounds, Contract
from conformance.selftest.broadcast_server import BroadcastServer
from reports.history_reader import read_history
from reports.results import ClauseResult, Outcome, Results
from reports.run_folder import read_results
from reports.tests.published_schema import check_run

_ROOT = Path(__file__).parent.parent
_LONGEST_S = 120.0
DELIVER_S = 1.0

Audience: TypeAlias = Callable[[list[ServerConnection]], list[ServerConnection]]
"""From those who should hear a broadcast to those who are sent it."""

CHURN = ("-u", "20", "-r", "100", "-t", "3s", "--talk-interval", "0.4", "--stay", "0.6", "--away", "0.2")
"""A short load with everybody in it: three seconds, twenty users, many comings and goings."""


@dataclass(frozen=True)
class Load:
    """A load test that has ended."""

    exit: int
    output: str
    folder: Path

    @property
    def results(self) -> Results:
        return read_results(self.folder)

    def clause(self, name: str) -> ClauseResult:
        return next(clause for clause in self.results.clauses if clause.id == name)

    @property
    def failed(self) -> set[str]:
        return {clause.id for clause in self.results.clauses if clause.outcome is Outcome.FAIL}

    def skip_if_starved(self) -> None:
        """What a run on a busy machine finds is inconclusive by design; most tests are about other things."""
        case = Case(read_history(self.folder), Contract(), Bounds(deliver_s=DELIVER_S))
        if self.results.generator.saturated or case.too_busy(DELIVER_S):
            pytest.skip(f"this machine is too busy to tell: {self.results.generator}")


class FaultyServer(BroadcastServer):
    """A backend whose audience of each broadcast is not quite the right one."""

    def __init__(self, audience: Audience, alter: Callable[[str], str] = str) -> None:
        super().__init__(alter=alter)
        self._fault = audience

    def members(self) -> dict[str, ServerConnection]:
        audience = self._fault(list(super().members().values()))
        return {str(place): connection for place, connection in enumerate(audience)}


def target_file(folder: Path, url: str) -> Path:
    """A target whose deliveries are due soon, so that a load of a few seconds ends a second later."""
    path = folder / "target.toml"
    path.write_text(f'url = "{url}"\n[bounds]\ndeliver_s = {DELIVER_S}\n', encoding="utf-8")
    return path


def start_load(
    folder: Path, *arguments: str, first: Callable[[], None] | None = None
) -> subprocess.Popen[str]:
    """Start `locust -f loadtests --headless` with these arguments, recording into `folder`.

    `first` is called in the new process, before the command.
    """
    locust = str(Path(sys.executable).with_name("locust"))
    command = [locust, "-f", "loadtests", "--headless", "--only-summary"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LOCUST_", "CHURNPROOF_"))}
    return subprocess.Popen(
        [*command, "--run-dir", str(folder), *arguments],
        cwd=_ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=first,
    )


def ended(process: subprocess.Popen[str], folder: Path) -> Load:
    """Wait for the command's end."""
    output, _ = process.communicate(timeout=_LONGEST_S)
    check_run(folder)
    return Load(process.returncode, output, folder)


def run_load(folder: Path, *arguments: str, first: Callable[[], None] | None = None) -> Load:
    return ended(start_load(folder, *arguments, first=first), folder)
