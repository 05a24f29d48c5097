"""`locust -f loadtests` in several processes: one run, one record, one verdict."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.harness.deadline import Deadline, wait_for
from conformance.selftest.broadcast_server import BroadcastServer
from reports.history_reader import read_history
from tests.loadtests_command import CHURN, DELIVER_S, Load, ended, run_load, start_load, target_file


@pytest.fixture(scope="module")
def server() -> Iterator[BroadcastServer]:
    with BroadcastServer() as running:
        yield running


def _two_workers() -> tuple[str, ...]:
    """A port of its own for each master: tests run side by side."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    return ("--processes", "2", "--master-bind-port", port, "--master-port", port)


@pytest.fixture(scope="module")
def load(server: BroadcastServer, tmp_path_factory: pytest.TempPathFactory) -> Load:
    folder = tmp_path_factory.mktemp("workers")
    contract = folder / "contract.toml"
    contract.write_text(f"[bounds]\ndeliver_s = {DELIVER_S}\n", encoding="utf-8")
    target = ("--target", server.url, "--contract", str(contract))
    statistics = str(folder / "statistics")
    return run_load(folder / "run", *target, "--csv", statistics, *_two_workers(), *CHURN)


def test_two_workers_are_judged_as_one_run(load: Load) -> None:
    load.skip_if_starved()
    assert load.exit == 0, load.output
    assert load.results.verdict == "pass"


def test_a_contract_beside_the_target_holds(load: Load) -> None:
    assert load.results.target["bounds"]["deliver_s"] == DELIVER_S


def test_each_worker_records_into_the_same_folder(load: Load) -> None:
    history = read_history(load.folder)
    assert {header.process for header in history.headers} == {1, 2}
    assert not history.cut_processes


def test_what_one_worker_sends_is_heard_by_the_connections_of_the_other(load: Load) -> None:
    history = read_history(load.folder)
    second = next(c.number for c in history.connections if c.label.startswith("w2."))
    heard = history.deliveries.whole()
    senders = heard["message"] >> 32
    of_the_second = heard["connection"] >= second
    assert (senders[of_the_second] == 1).any() or (senders[~of_the_second] == 2).any()


def test_the_masters_statistics_hold_the_deliveries_of_all_workers(load: Load) -> None:
    table = (load.folder.parent / "statistics_stats.csv").read_text(encoding="utf-8")
    rows = {line.split(",")[1]: line.split(",") for line in table.splitlines()}
    assert int(rows["delivery"][2]) == len(read_history(load.folder).deliveries)


def test_no_process_is_left_behind(load: Load) -> None:
    assert "Traceback" not in load.output
    assert not _workers_of(load.folder)


def test_a_worker_that_dies_makes_its_pairs_unknown_and_not_lost(
    server: BroadcastServer, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    target = str(target_file(tmp_path, server.url))
    process = start_load(folder, "--target", target, *_two_workers(), *CHURN, "-t", "6s")
    heard = folder / "history.1.deliveries"
    assert wait_for(lambda: heard.exists() and heard.stat().st_size > 24 * 50, Deadline(30))
    victim = next(pid for pid in _workers_of(folder) if pid != process.pid)
    os.kill(victim, signal.SIGKILL)
    load = ended(process, folder)
    load.skip_if_starved()
    assert load.exit == 6, load.output
    assert load.results.verdict == "inconclusive"
    assert "is cut off" in load.results.reason
    assert load.results.delivery.lost == 0
    assert "Traceback" not in load.output


def test_workers_end_with_a_master_that_is_killed(server: BroadcastServer, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    target = str(target_file(tmp_path, server.url))
    process = start_load(folder, "--target", target, *_two_workers(), *CHURN, "-t", "60s")
    assert wait_for(lambda: (folder / "history.2.jsonl").exists(), Deadline(30))
    process.kill()
    process.communicate()
    assert wait_for(lambda: not _workers_of(folder), Deadline(30))
    assert not read_history(folder).cut_processes


def _workers_of(folder: Path) -> list[int]:
    """Processes of the load test that records into that folder, the master included."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue  # it has ended meanwhile
            if str(folder).encode() in command:
                found.append(int(entry.name))
    return found
