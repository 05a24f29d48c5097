"""A receive loop that breaks is our own fault, and is not taken for a backend that is silent."""

from __future__ import annotations

import os
from pathlib import Path

import gevent
import pytest

from conformance.harness.errors import HarnessError
from conformance.harness.handshake import Endpoint
from conformance.harness.target import Target
from loadtests._load_fleet import LoadFleet
from reports.history_writer import HistoryWriter


@pytest.fixture
def fleet(tmp_path: Path) -> LoadFleet:
    return LoadFleet(Target(Endpoint("ws://127.0.0.1:9")), HistoryWriter(tmp_path), "0a1b2c3d", "kernel")


def test_what_breaks_the_loop_ends_the_run_as_a_harness_error(
    fleet: LoadFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_: float) -> bool:
        raise ValueError("no such frame")

    monkeypatch.setattr(fleet.receiver, "drain", breaks)
    fleet.open()
    with gevent.Timeout(10):
        os.write(fleet.receiver._wake_write, b"\0")
        while fleet.receiver.fault is None:
            gevent.sleep(0.001)
    with pytest.raises(HarnessError, match="no such frame"):
        fleet.close()


def test_a_loop_that_is_stopped_has_not_broken(fleet: LoadFleet) -> None:
    fleet.open()
    gevent.sleep(0)
    fleet.close()
