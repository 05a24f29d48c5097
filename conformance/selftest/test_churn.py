from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.harness.churn import _workers_for, perform
from conformance.harness.client import Client
from conformance.harness.deadline import Deadline
from conformance.harness.errors import HarnessError
from conformance.harness.fleet import Fleet
from conformance.harness.plan import (
    Abort,
    Action,
    Burst,
    Close,
    Connect,
    Plan,
    Rates,
    Reconnect,
    Send,
    StopReading,
    Vanish,
    draw,
)
from conformance.harness.target import Target, load_target
from reports.history_reader import History, read_history
from reports.history_writer import HistoryWriteError, HistoryWriter

from .broadcast_server import BroadcastServer

WAIT_S = 20.0


@contextmanager
def fleet_of(server: BroadcastServer, folder: Path) -> Iterator[Fleet]:
    target = load_target(server.url)
    assert isinstance(target, Target)
    with Fleet(target, HistoryWriter(folder)) as fleet:
        yield fleet


def plan_of(*actions: Action) -> Plan:
    return Plan(0, 1, 1.0, actions)


def history_of(fleet: Fleet, folder: Path) -> History:
    fleet.recorder.flush()
    return read_history(folder)


def test_a_drawn_plan_is_performed_whole(tmp_path: Path) -> None:
    plan = draw(3, 4, 0.5, Rates(sends=40, arrivals=20, stay_s=0.1, away_s=0.05, half_open=0.1, bursts=4))
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        performed = perform(fleet, plan, Deadline(WAIT_S))
        assert performed.outcomes["done"] == len(plan.actions)
        stayers = [performed.clients[slot] for slot in range(4)]
        message = fleet.broadcast(stayers[0], "after")
        assert fleet.wait_heard(message, stayers, Deadline(WAIT_S)) == []


def test_the_actions_of_a_slot_wait_for_its_connect(tmp_path: Path) -> None:
    actions = (Connect(0, 5, "visitor"), Send(0, 5, "a"), Burst(0, 5, 2), Close(0, 5, 4000))
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        performed = perform(fleet, plan_of(*actions), Deadline(WAIT_S))
        history = history_of(fleet, tmp_path)
        assert performed.outcomes == {"done": 4}
        assert [message.group for message in history.messages] == ["churn", "churn/burst", "churn/burst"]
        assert (history.connections[0].how, history.connections[0].code) == ("close", 4000)


def test_clients_leave_and_come_back_as_planned(tmp_path: Path) -> None:
    actions = (Connect(0, 0, "a"), Abort(0, 0), Reconnect(0, 0, "b"), StopReading(0, 0))
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        perform(fleet, plan_of(*actions), Deadline(WAIT_S))
        connections = history_of(fleet, tmp_path).connections
        assert [(c.group, c.how, c.left_ns is None) for c in connections] == [
            ("a", "abort", False),
            ("b", "half-open", True),
        ]


def test_a_half_open_client_vanishes_once(tmp_path: Path) -> None:
    actions = (Connect(0, 0, "a"), Vanish(0, 1), StopReading(0, 0), Send(0, 0), Vanish(0, 0), Vanish(0, 0))
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        performed = perform(fleet, plan_of(*actions), Deadline(WAIT_S))
        [connection] = history_of(fleet, tmp_path).connections
        assert performed.outcomes == {"done": 3, "skipped": 3}
        assert connection.how == "half-open"
        assert (connection.left_ns or 0) >= (connection.leaving_ns or 0) > 0


def test_a_busy_plan_has_a_worker_for_every_action_of_its_busiest_second() -> None:
    quiet = plan_of(Connect(0, 0, "a"))
    busy = plan_of(*(Connect(slot / 1000, slot, "a") for slot in range(100)))
    crowded = plan_of(*(Connect(0, slot, "a") for slot in range(1000)))
    assert [_workers_for(plan) for plan in (quiet, busy, crowded)] == [32, 100, 256]


def test_messages_are_intended_for_their_time_in_the_plan(tmp_path: Path) -> None:
    actions = (Connect(0, 0, "a"), Send(0.0, 0), Send(0.05, 0))
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        perform(fleet, plan_of(*actions), Deadline(WAIT_S), group="mine")
        first, second = history_of(fleet, tmp_path).messages
        assert second.intended_ns - first.intended_ns == 50_000_000
        assert second.started_ns >= second.intended_ns
        assert first.group == "mine"


def test_a_slow_slot_does_not_delay_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    connect = Fleet.connect

    def slow(fleet: Fleet, group: str, timeout_s: float = 1.0) -> Client:
        if group == "slow":
            assert released.wait(WAIT_S)
        return connect(fleet, group, timeout_s)

    monkeypatch.setattr(Fleet, "connect", slow)
    actions = (Connect(0, 0, "slow"), Send(0, 0), Connect(0, 1, "quick"), Send(0.01, 1))
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        running = threading.Thread(target=perform, args=(fleet, plan_of(*actions), Deadline(WAIT_S)))
        running.start()
        assert fleet.wait_until(lambda: len(server.messages) == 1, Deadline(WAIT_S))
        released.set()
        running.join()
        assert fleet.wait_until(lambda: len(server.messages) == 2, Deadline(WAIT_S))


def test_what_the_target_refuses_is_counted_and_never_raised(tmp_path: Path) -> None:
    actions = (Connect(0, 0, "a"), Send(0, 0), Close(0, 0))
    with BroadcastServer(refuse=(500, "no")) as server, fleet_of(server, tmp_path) as fleet:
        performed = perform(fleet, plan_of(*actions), Deadline(WAIT_S))
        assert performed.outcomes == {"failed": 1, "skipped": 2}
        assert history_of(fleet, tmp_path).connections[0].status == 500


def test_a_part_of_a_plan_can_be_performed(tmp_path: Path) -> None:
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        performed = perform(fleet, plan_of(Send(0, 3), Abort(0, 3), Reconnect(0, 3, "a")), Deadline(WAIT_S))
        assert performed.outcomes == {"skipped": 2, "done": 1}


def test_a_deadline_cuts_the_plan_off(tmp_path: Path) -> None:
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        plan = plan_of(Connect(0, 0, "a"), Send(60, 0), Send(61, 0))
        performed = perform(fleet, plan, Deadline(0.2))
        assert performed.outcomes["cut off"] == 2


def test_no_more_happens_at_once_than_there_are_workers(tmp_path: Path) -> None:
    actions = tuple(Connect(0, slot, "a") for slot in range(10))
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        performed = perform(fleet, plan_of(*actions), Deadline(WAIT_S), workers=1)
        connections = history_of(fleet, tmp_path).connections
        assert performed.outcomes == {"done": 10}
        assert all(
            (earlier.opened_ns or 0) <= later.opening_ns for earlier, later in itertools.pairwise(connections)
        )


def test_a_fault_of_the_harness_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object, **_options: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(Fleet, "broadcast", broken)
    plan = plan_of(Connect(0, 0, "a"), Send(0, 0), Send(60, 0))
    with (
        BroadcastServer() as server,
        fleet_of(server, tmp_path) as fleet,
        pytest.raises(ZeroDivisionError),
    ):
        perform(fleet, plan, Deadline(WAIT_S))


def test_a_full_disk_is_raised(tmp_path: Path) -> None:
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        full = OSError(28, "No space left on device")
        fleet.recorder.failure = HistoryWriteError(tmp_path / "history.0.jsonl", full)
        with pytest.raises(HarnessError):
            perform(fleet, plan_of(Connect(0, 0, "a")), Deadline(WAIT_S))
        fleet.recorder.failure = None
