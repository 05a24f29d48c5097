"""Who looks into the table around a load, and what is recorded of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import gevent
import pytest
from gevent.event import Event

from conformance.harness.access import ManagementAccess, TableAccess
from conformance.harness.contract import Bounds
from conformance.harness.errors import HarnessError
from conformance.harness.target import Target, load_target
from conformance.selftest.broadcast_server import BroadcastServer
from loadtests import _table_watch
from loadtests._table_watch import TableWatch, in_patience
from reports.history_reader import read_history


class Table:
    """A table that shows what each look is to see; the last look comes again and again."""

    def __init__(self, *looks: Sequence[str]) -> None:
        self.looks = [frozenset(look) for look in looks]

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *_: object) -> None:
        self.looks = []

    def shown_ids(self) -> frozenset[str]:
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]


class BrokenTable(Table):
    """A table that nobody can read once the load is under way."""

    def shown_ids(self) -> frozenset[str]:
        if len(self.looks) == 1:
            raise HarnessError("the table is not there any more")
        return super().shown_ids()


class Management:
    """Knows these connections as open."""

    def __init__(self, *known: str) -> None:
        self._known = known

    def status(self, connection_id: str) -> str:
        return "open" if connection_id in self._known else "gone"

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[BroadcastServer]:
    monkeypatch.setattr(_table_watch, "_LOOK_S", 0.001)
    with BroadcastServer() as serving:
        yield serving


def watched(
    server: BroadcastServer,
    monkeypatch: pytest.MonkeyPatch,
    table: Table,
    management: Management | None = None,
) -> TableWatch:
    monkeypatch.setattr(_table_watch, "ConnectionTable", lambda *_: table)
    monkeypatch.setattr(_table_watch, "Management", lambda *_: management)
    target = load_target(server.url)
    assert isinstance(target, Target)
    bounds = Bounds(deliver_s=1.0, cleanup_s=0.05, stale_s=0.1, connect_s=0.05)
    access = ManagementAccess("https://example.com/dev", "eu-west-1") if management else None
    there = TableAccess("rows", "eu-west-1")
    return TableWatch(replace(target, bounds=bounds, table=there, management=access))


def seen(folder: Path) -> list[tuple[str, bool]]:
    return [(row.connection_id, row.present) for row in read_history(folder).rows]


def load(watch: TableWatch, folder: Path) -> list[tuple[str, bool]]:
    watch.begin(folder)
    watch.look()
    watch.look()
    watch.finish(Event())
    watch.close()
    return seen(folder)


def test_rows_that_go_with_their_connections_need_no_broadcast(
    server: BroadcastServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    table = Table((), ("old",), ("old", "a", "b"), ("old", "a"), ("old",))
    assert load(watched(server, monkeypatch, table), tmp_path) == [
        ("a", True),
        ("b", True),
        ("a", False),
        ("b", False),
    ]
    assert server.messages == []


def test_rows_that_broadcasts_meet_have_the_stale_bound_to_go(
    server: BroadcastServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Meeting(Table):
        def shown_ids(self) -> frozenset[str]:
            return frozenset() if server.messages else super().shown_ids()

    table = Meeting((), (), ("a", "b"))
    assert load(watched(server, monkeypatch, table), tmp_path)[2:] == [("a", False), ("b", False)]
    assert server.messages


def test_what_stays_is_recorded_as_left_unless_somebody_elses_connection_is_open(
    server: BroadcastServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    table = Table((), (), ("a", "b", "somebody"))
    found = load(watched(server, monkeypatch, table, Management("somebody")), tmp_path)
    assert found[3:] == [("a", True), ("b", True), ("somebody", False)]


def test_who_is_in_a_hurry_records_nothing_of_the_end(
    server: BroadcastServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    watch, hurry = watched(server, monkeypatch, Table((), (), ("a",))), Event()
    watch.begin(tmp_path)
    watch.look()
    hurry.set()
    watch.finish(hurry)
    assert seen(tmp_path) == [("a", True)]
    assert not read_history(tmp_path).cut_short


def test_a_table_that_cannot_be_read_costs_its_own_evidence_alone(
    server: BroadcastServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    table = BrokenTable((), (), ("a",), ())
    assert load(watched(server, monkeypatch, table), tmp_path) == [("a", True)]
    assert not read_history(tmp_path).cut_short


class Interrupted:
    """A greenlet whose first join is interrupted."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self._joins = 0

    def ready(self) -> bool:
        return self._joins > 1

    def join(self) -> None:
        self._joins += 1
        if self._joins == 1:
            raise KeyboardInterrupt
        self._act()

    def get(self) -> None:
        assert self.ready()


def test_an_interrupt_makes_it_hurry_and_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry, hurried = Event(), []
    monkeypatch.setattr(gevent, "spawn", Interrupted)
    in_patience(lambda: hurried.append(hurry.is_set()), hurry)
    assert hurried == [True]
