from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.harness import identify as identify_module
from conformance.harness.fleet import Fleet
from conformance.harness.identify import connect_identified, connection_id_in, identify
from conformance.harness.message_format import SendFormat
from conformance.harness.rows import Row
from conformance.harness.table import ConnectionTable
from conformance.harness.target import Target, load_target
from reports.history_reader import read_history
from reports.history_writer import HistoryWriter

from .broadcast_server import BroadcastServer


class TableOf(ConnectionTable):
    """A table with one row for each connection of a server."""

    def __init__(self, server: BroadcastServer) -> None:
        self._server = server

    def scan(self, pages: int | None = None) -> list[Row]:
        ids = self._server.members()
        return [Row({"connectionId": {"S": known}}, known) for known in ids] + [Row({}, "")]


@contextmanager
def fleet_of(server: BroadcastServer, folder: Path, send: SendFormat | None = None) -> Iterator[Fleet]:
    target = load_target(server.url)
    assert isinstance(target, Target)
    target = target if send is None else replace(target, send=send)
    with Fleet(target, HistoryWriter(folder)) as fleet:
        yield fleet


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identify_module, "_ANSWER_S", 0.05)
    monkeypatch.setattr(identify_module, "_LATE_ANSWER_S", 0.05)


def test_an_error_frame_tells_the_connection_id(tmp_path: Path) -> None:
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        client = fleet.connect("stayer")
        found = identify(fleet, client)
        assert [found] == list(server.members())
        assert client.connection_id == found
        assert fleet.error_frames_name_connections
        fleet.recorder.flush()
        assert read_history(tmp_path).connections[0].connection_id == found


def test_an_id_that_is_known_is_not_asked_for_again(tmp_path: Path) -> None:
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        client = fleet.connect("stayer")
        assert identify(fleet, client) == identify(fleet, client)
        assert len(server.messages) == 1


@pytest.mark.usefixtures("impatient")
def test_without_error_frames_and_table_the_id_stays_unknown(tmp_path: Path) -> None:
    with BroadcastServer(silent=True) as server, fleet_of(server, tmp_path) as fleet:
        assert identify(fleet, fleet.connect("stayer")) is None
        assert identify(fleet, fleet.connect("stayer")) is None
        assert len(server.messages) == 1  # the second was not asked: the backend does not tell


def test_a_message_without_an_action_cannot_ask(tmp_path: Path) -> None:
    with BroadcastServer() as server, fleet_of(server, tmp_path, SendFormat("{payload}")) as fleet:
        assert identify(fleet, fleet.connect("stayer")) is None
        assert server.messages == []


@pytest.mark.usefixtures("impatient")
def test_the_only_new_id_in_the_table_is_that_of_the_new_client(tmp_path: Path) -> None:
    with BroadcastServer(silent=True) as server, fleet_of(server, tmp_path) as fleet:
        table = TableOf(server)
        one = identify(fleet, fleet.connect("stayer"), table)
        other = identify(fleet, fleet.connect("stayer"), table)
        assert [one, other] == list(server.members())


@pytest.mark.usefixtures("impatient")
def test_two_new_ids_in_the_table_identify_nobody(tmp_path: Path) -> None:
    with BroadcastServer(silent=True) as server, fleet_of(server, tmp_path) as fleet:
        client, _ = fleet.connect("stayer"), fleet.connect("stayer")
        assert identify(fleet, client, TableOf(server)) is None


@pytest.mark.usefixtures("impatient")
def test_connecting_beside_strangers_still_identifies(tmp_path: Path) -> None:
    with BroadcastServer(silent=True) as server, fleet_of(server, tmp_path) as fleet:
        table = TableOf(server)
        fleet.connect("stranger")
        fleet.connect("stranger")
        connect_identified(fleet, "stayer", table)  # learns that the backend does not tell
        client = connect_identified(fleet, "stayer", table)
        assert client.connection_id == list(server.members())[-1]


@pytest.mark.usefixtures("impatient")
def test_a_late_answer_does_not_give_a_client_the_id_of_another_one(tmp_path: Path) -> None:
    with BroadcastServer(silent=True) as server, fleet_of(server, tmp_path) as fleet:
        fleet.error_frames_name_connections = True  # as others were answered before
        late = fleet.connect("stayer")
        assert identify(fleet, late, TableOf(server)) is None


def test_connecting_identifies_by_error_frame_where_there_is_one(tmp_path: Path) -> None:
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        assert connect_identified(fleet, "stayer", None).connection_id == next(iter(server.members()))


def test_a_client_that_cannot_ask_is_not_identified(tmp_path: Path) -> None:
    with BroadcastServer() as server, fleet_of(server, tmp_path) as fleet:
        client = fleet.connect("stayer")
        client.abort()
        assert identify(fleet, client) is None
        assert fleet.error_frames_name_connections is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"message": "Forbidden", "connectionId":"BD0R86oM6wFSgik=", "requestId":"x"}', "BD0R86oM6wFSgik="),
        ('{"message": "Forbidden"}', None),
        ('{"connectionId": 5}', None),
        ('["connectionId"]', None),
        ("no json", None),
    ],
)
def test_an_error_frame_is_read_for_its_id(text: str, found: str | None) -> None:
    assert connection_id_in(text) == found
