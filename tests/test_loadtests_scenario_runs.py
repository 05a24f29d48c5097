"""Scenarios from the command line to the run folder."""

from __future__ import annotations

from pathlib import Path

from conformance.selftest.broadcast_server import BroadcastServer
from tests.loadtests_command import FaultyServer, run_load, target_file


def test_a_capacity_search_ends_with_one_number_and_its_evidence(tmp_path: Path) -> None:
    with FaultyServer(lambda members: members[:10]) as server:
        target = target_file(tmp_path, server.url)
        options = ("--scenario", "capacity", "-u", "12", "--stage-time", "1", "--talk-interval", "0.5")
        load = run_load(tmp_path / "run", "--target", str(target), *options, "Talker")
    load.skip_if_starved()
    found = load.results.capacity
    assert found is not None
    assert (found.users, found.broken_at) == (10, 11)
    assert [(stage.users, stage.held) for stage in found.stages] == [(10, True), (12, False), (11, False)]
    assert found.stages[1].delivery.lost > 0
    assert load.exit == 0, load.output
    assert "capacity: 10 users held" in load.output


def test_after_each_reconnect_storm_everybody_is_back_and_hears(tmp_path: Path) -> None:
    with BroadcastServer() as server:
        target = target_file(tmp_path, server.url)
        options = ("--scenario", "reconnect-storm", "--storm-every", "1.5", "--storm-jitter", "0.5")
        pace = ("-u", "20", "-r", "100", "-t", "4s", "--talk-interval", "0.3")
        load = run_load(tmp_path / "run", "--target", str(target), *options, *pace, "Talker")
    load.skip_if_starved()
    assert load.failed == set()
    assert load.results.connects == {"101": 60}
    first, second = (remark for remark in load.results.remarks if "storm" in remark)
    assert first.startswith("reconnect storm 1: 20 connections cut off, all were back after")
    assert second.startswith("reconnect storm 2: 20 connections cut off, all were back after")
