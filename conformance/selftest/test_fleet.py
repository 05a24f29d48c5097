from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.harness.client import Client
from conformance.harness.deadline import Deadline, wait_for
from conformance.harness.envelope import Recognizer
from conformance.harness.errors import ConnectionLost, HandshakeRefused, HarnessError
from conformance.harness.fleet import Fleet, new_run
from conformance.harness.message_format import ReceiveFormat
from conformance.harness.target import Target, load_target
from reports.history import FrameReceived
from reports.history_reader import History, read_history
from reports.history_writer import HistoryWriteError, HistoryWriter

from .broadcast_server import BroadcastServer

WAIT_S = 10.0


def target_of(server: BroadcastServer) -> Target:
    target = load_target(server.url)
    assert isinstance(target, Target)
    return target


@contextmanager
def fleet_of(server: BroadcastServer, folder: Path) -> Iterator[Fleet]:
    with Fleet(target_of(server), HistoryWriter(folder)) as fleet:
        yield fleet


def history_of(fleet: Fleet, folder: Path) -> History:
    fleet.recorder.flush()
    return read_history(folder)


def test_everybody_hears_a_broadcast(tmp_path: Path) -> None:
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        clients = fleet.connect_many(20, "stayer")
        message = fleet.broadcast(clients[0], "plain", before="é ", after=" 👍")
        assert fleet.wait_heard(message, clients, Deadline(WAIT_S)) == []
        assert fleet.heard(message) == {client.number for client in clients}


def test_who_has_not_heard_is_named(tmp_path: Path) -> None:
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        speaker, gone = fleet.connect_many(2, "stayer")
        gone.abort()
        message = fleet.broadcast(speaker, "plain")
        assert fleet.wait_heard(message, [speaker], Deadline(WAIT_S)) == []
        assert fleet.wait_heard(message, [speaker, gone], Deadline(0)) == [gone]


def test_a_message_is_recorded_with_its_sender_group_and_payload(tmp_path: Path) -> None:
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        (client,) = fleet.connect_many(1, "talker")
        message = fleet.broadcast(client, "plain", after="!", intended_ns=123)
        (sent,) = history_of(fleet, tmp_path).messages
        assert (sent.id, sent.sender, sent.group) == (message, client.number, "plain")
        assert (sent.intended_ns, sent.outcome) == (123, "ok")
        assert sent.text.startswith("cp1.")
        assert sent.text.endswith("!")


def test_an_exact_text_is_recognised_without_an_envelope(tmp_path: Path) -> None:
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        clients = fleet.connect_many(2, "stayer")
        message = fleet.broadcast_text(clients[0], "literal", "null")
        assert fleet.wait_heard(message, clients, Deadline(WAIT_S)) == []


def test_mischief_is_owed_to_nobody_and_its_answer_is_kept(tmp_path: Path) -> None:
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        client, other = fleet.connect_many(2, "stayer")
        fleet.mischief(client, "no-json", "{nope")
        frame = fleet.wait_frame(client, Deadline(WAIT_S))
        assert frame is not None
        assert "Forbidden" in frame.text
        assert fleet.frames(client) == (frame,)
        assert fleet.frames(other) == ()
        (sent,) = history_of(fleet, tmp_path).messages
        assert (sent.group, sent.text) == ("mischief/no-json", "{nope")


def test_waiting_for_a_frame_that_does_not_come_ends(tmp_path: Path) -> None:
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        (client,) = fleet.connect_many(1, "stayer")
        assert fleet.wait_frame(client, Deadline(0)) is None


def test_a_damaged_copy_is_a_frame_and_no_delivery(tmp_path: Path) -> None:
    with BroadcastServer(alter=str.upper) as server, fleet_of(server, tmp_path) as fleet:
        (client,) = fleet.connect_many(1, "stayer")
        message = fleet.broadcast(client, "plain", after="text")
        frame = fleet.wait_frame(client, Deadline(WAIT_S))
        assert frame is not None
        assert frame.corrupt_of == message
        assert fleet.heard(message) == frozenset()


def test_the_targets_templates_are_used(tmp_path: Path) -> None:
    with BroadcastServer(alter=lambda data: f'{{"message":"{data}"}}') as server:
        target = replace(target_of(server), receive=ReceiveFormat({"message": "{payload}"}))
        with Fleet(target, HistoryWriter(tmp_path)) as fleet:
            (client,) = fleet.connect_many(1, "stayer")
            message = fleet.broadcast(client, "plain")
            assert fleet.wait_heard(message, [client], Deadline(WAIT_S)) == []


def test_a_send_that_fails_is_recorded_and_raised(tmp_path: Path) -> None:
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        (client,) = fleet.connect_many(1, "stayer")
        client.abort()
        with pytest.raises(ConnectionLost):
            fleet.broadcast(client, "plain")
        (sent,) = history_of(fleet, tmp_path).messages
        assert (sent.outcome, bool(sent.detail)) == ("failed", True)


def test_connecting_many_to_a_server_that_refuses_raises_and_records_all(tmp_path: Path) -> None:
    with BroadcastServer(refuse=(500, "no")) as server, fleet_of(server, tmp_path) as fleet:
        with pytest.raises(HandshakeRefused):
            fleet.connect_many(5, "stayer")
        connections = history_of(fleet, tmp_path).connections
        assert [connection.status for connection in connections] == [500] * 5


def test_leaving_the_fleet_closes_every_client_cleanly(tmp_path: Path) -> None:
    with BroadcastServer() as server:
        with fleet_of(server, tmp_path) as fleet:
            clients = fleet.connect_many(10, "stayer")
            clients[0].stop_reading()
        assert all(client.is_gone for client in clients)
        assert not fleet.clients
        assert wait_for(lambda: len(server.closed) == 10, Deadline(WAIT_S))
        assert [code for code, _ in server.closed].count(1000) == 9


def test_clients_that_have_left_can_be_forgotten(tmp_path: Path) -> None:
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        one, other = fleet.connect_many(2, "stayer")
        one.abort()
        fleet.forget_gone()
        assert fleet.clients == [other]


def test_clients_can_be_looked_through_while_others_connect(tmp_path: Path) -> None:
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        fleet.connect_many(2, "stayer")
        assert [fleet.connect("newcomer").is_open for _ in fleet.clients] == [True, True]
        assert len(fleet.clients) == 4


def test_waiting_until_sees_what_is_no_delivery(tmp_path: Path) -> None:
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        (client,) = fleet.connect_many(1, "stayer")
        next(iter(server.members().values())).close(4001)
        assert fleet.wait_until(lambda: client.is_gone, Deadline(WAIT_S))
        assert not fleet.wait_until(lambda: False, Deadline(0))


def test_a_fleet_that_does_not_track_tells_its_caller_instead(tmp_path: Path) -> None:
    delivered: list[int] = []
    frames: list[FrameReceived] = []
    recognizer = Recognizer(new_run())
    with (
        BroadcastServer() as server,
        Fleet(
            target_of(server),
            HistoryWriter(tmp_path),
            track=False,
            own_thread=False,
            recognizer=recognizer,
            on_deliveries=lambda rows: delivered.extend(rows["message"].tolist()),
            on_frame=frames.append,
        ) as fleet,
    ):
        (client,) = fleet.connect_many(1, "stayer")
        message = fleet.broadcast(client, "plain")
        fleet.mischief(client, "no-json", "{")
        deadline = Deadline(WAIT_S)
        while not (delivered and frames) and not deadline.expired():
            select.select([fleet.receiver.fileno()], [], [], deadline.remaining())
            fleet.receiver.drain(0)
            fleet.receiver.hand_over()
        assert delivered == [message]
        assert len(frames) == 1
        assert (fleet.heard(message), fleet.frames(client)) == (frozenset(), ())
        assert fleet.run == recognizer.run
        _hang_up(fleet, client)


def _hang_up(fleet: Fleet, client: Client) -> None:
    """Close without a thread that would hear the answer."""
    client.abort()
    fleet.forget_gone()


def test_a_fleet_that_has_gone_deaf_says_so(tmp_path: Path) -> None:
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        fleet.receiver.fault = ZeroDivisionError("bug")
        with pytest.raises(HarnessError, match="the receiving thread broke: ZeroDivisionError"):
            fleet.connect("stayer")
        fleet.receiver.fault = None


def test_clients_that_are_gone_do_not_pile_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.harness.fleet._CROWD", 2)
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        for _ in range(20):
            fleet.connect("visitor").abort()
        assert len(fleet.clients) < 6


def test_a_history_that_cannot_be_written_stops_the_next_connect(tmp_path: Path) -> None:
    full = OSError(28, "No space left on device")
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        fleet.recorder.failure = HistoryWriteError(tmp_path / "history.0.jsonl", full)
        with pytest.raises(HarnessError, match="No space left"):
            fleet.connect("stayer")
        fleet.recorder.failure = None
