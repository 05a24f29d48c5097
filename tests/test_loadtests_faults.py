"""`locust -f loadtests` against backends with faults: the right clause turns red, and says who and what."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from websockets.sync.server import ServerConnection

from conformance.harness.deadline import Deadline, wait_for
from reports.history_reader import read_history
from tests.loadtests_command import CHURN, FaultyServer, Load, ended, run_load, start_load, target_file

_ONE_IN = 17
_MORTAL = """
from conformance.selftest.broadcast_server import BroadcastServer
import sys
with BroadcastServer() as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""


def _load(server: FaultyServer, folder: Path) -> Load:
    with server:
        return run_load(folder / "run", "--target", str(target_file(folder, server.url)), *CHURN)


def _now_and_then() -> Iterator[bool]:
    return (number % _ONE_IN == 0 for number in count(1))


@pytest.fixture(scope="module")
def lossy(tmp_path_factory: pytest.TempPathFactory) -> Load:
    lose = _now_and_then()

    def audience(everybody: list[ServerConnection]) -> list[ServerConnection]:
        return [one for one in everybody if not next(lose)]

    return _load(FaultyServer(audience), tmp_path_factory.mktemp("lossy"))


def test_lost_deliveries_fail_the_run(lossy: Load) -> None:
    lossy.skip_if_starved()
    assert lossy.exit == 1, lossy.output
    assert lossy.failed == {"CHURN-01"}


def test_a_lost_delivery_names_message_and_connection(lossy: Load) -> None:
    lossy.skip_if_starved()
    finding = lossy.clause("CHURN-01").findings[0]
    assert "never reached" in finding.title
    assert any("source port" in line for line in finding.connections)


def test_lost_deliveries_are_failures_in_locusts_own_statistics(lossy: Load) -> None:
    assert lossy.results.delivery.lost > 0
    failures = next(line for line in lossy.output.splitlines() if "WS delivery: lost: it never came" in line)
    assert int(failures.split()[0]) == lossy.results.delivery.lost


def test_duplicated_deliveries_fail_the_run(tmp_path: Path) -> None:
    again = _now_and_then()

    def audience(everybody: list[ServerConnection]) -> list[ServerConnection]:
        return [*everybody, *(one for one in everybody if next(again))]

    load = _load(FaultyServer(audience), tmp_path)
    assert load.exit == 1, load.output
    assert load.failed == {"CHURN-02"}
    assert load.results.delivery.duplicated > 0


def test_corrupted_deliveries_fail_the_run(tmp_path: Path) -> None:
    damage = _now_and_then()

    def alter(payload: str) -> str:
        return payload.replace("fox", "dog") if next(damage) else payload

    load = _load(FaultyServer(list, alter), tmp_path)
    load.skip_if_starved()
    assert load.exit == 1, load.output
    assert "CHURN-03" in load.failed
    assert load.results.delivery.corrupted > 0


@contextmanager
def _mortal_server() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    server = subprocess.Popen(
        [sys.executable, "-c", _MORTAL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip(), server
        finally:
            server.kill()


def test_a_target_that_dies_leaves_a_readable_run_folder_and_a_verdict(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with _mortal_server() as (url, server):
        target = target_file(tmp_path, url)
        process = start_load(folder, "--target", str(target), *CHURN, "-t", "5s")
        heard = folder / "history.0.deliveries"
        assert wait_for(lambda: heard.exists() and heard.stat().st_size > 24 * 50, Deadline(30))
        server.kill()
        load = ended(process, folder)
    assert load.exit in (1, 6), load.output
    assert load.results.verdict in ("fail", "inconclusive")
    assert load.results.delivery.lost == 0
    assert not read_history(folder).cut_short
    assert "Traceback" not in load.output


def test_a_full_disk_ends_the_run_as_an_error_of_ours(tmp_path: Path) -> None:
    limit = 40_000
    with FaultyServer(list) as server:
        load = run_load(
            tmp_path / "run", "--target", str(target_file(tmp_path, server.url)), *CHURN, "-t", "60s",
            first=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        )  # fmt: skip
    assert load.exit == 3, load.output
    assert "cannot write" in load.results.reason
    assert load.results.verdict == "error"
    assert load.results.delivery.lost == 0
    assert "Traceback" not in load.output
