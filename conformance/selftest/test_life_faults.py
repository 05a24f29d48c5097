from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.harness.client import Client
from conformance.harness.control import Control
from conformance.harness.errors import HandshakeRefused
from conformance.harness.fleet import Fleet
from conformance.workloads import faults, life_faults
from conformance.workloads.life_faults import _functions_of, _Piece, _there
from reports.history_reader import FaultSpan, History, read_history

from .controlled_session import Controlled, controlled_session


@dataclass(frozen=True)
class _Performed:
    """What one run of the whole workload has left."""

    history: History
    still_there: int
    in_force: int
    """Rules, at the end."""

    def spans(self, name: str) -> list[FaultSpan]:
        return [span for span in self.history.faults if span.name == f"life/{name}"]

    def senders(self, group: str) -> int:
        said = [m for m in self.history.messages if m.group == f"fault/life/{group}"]
        return len({message.sender for message in said})

    def ids(self, group: str) -> set[str | None]:
        return {c.connection_id for c in self.history.connections if c.group == group}


def _control(controlled: Controlled) -> Control:
    assert controlled.session.control is not None
    return controlled.session.control


@pytest.fixture(scope="module")
def performed(tmp_path_factory: pytest.TempPathFactory) -> _Performed:
    folder = tmp_path_factory.mktemp("life-faults")
    with controlled_session(folder) as controlled:
        life_faults.run(controlled.session, _control(controlled))
        still_there, in_force = len(controlled.server.connections), len(controlled.stack.rules)
    return _Performed(read_history(folder), still_there, in_force)


def test_every_piece_puts_its_fault_in_force_and_takes_it_back(performed: _Performed) -> None:
    names = list(dict.fromkeys(span.name for span in performed.history.faults))
    pieces = ("refused", "held", "lag", "pages", "unread", "cold", "unwritten", "dropped", "late", "twice")
    assert names == [f"life/{piece}" for piece in pieces]
    assert all(span.ended_ns is not None for span in performed.history.faults)
    assert performed.in_force == 0


@pytest.mark.parametrize(("name", "leavers"), [("dropped", 3), ("late", 1), ("twice", 1)])
def test_each_fault_of_a_departure_is_about_those_who_leave_by_it(
    performed: _Performed, name: str, leavers: int
) -> None:
    about = {span.connection_id for span in performed.spans(name)}
    assert about == performed.ids(f"fault-{name}")
    assert len(about - {None}) == leavers


def test_leavers_go_while_their_fault_is_in_force(performed: _Performed) -> None:
    (span,) = performed.spans("twice")
    (leaver,) = (c for c in performed.history.connections if c.group == "fault-twice")
    assert leaver.leaving_ns is not None
    assert span.ended_ns is not None
    assert span.began_ns < leaver.leaving_ns < span.ended_ns


@pytest.mark.parametrize(
    ("group", "speakers"), [("pending", 4), ("held", 2), ("lag", 1), ("pages", 2), ("unread", 1), ("cold", 2)]
)
def test_those_who_stay_speak_while_it_lasts(performed: _Performed, group: str, speakers: int) -> None:
    assert performed.senders(group) == speakers


def test_the_table_throttles_nobody_but_the_function_that_connects(performed: _Performed) -> None:
    (span,) = performed.spans("unwritten")
    assert span.rule["where"]["function"] == "Connect"


def test_only_those_who_left_are_gone_at_the_end(performed: _Performed) -> None:
    left = {c.group for c in performed.history.connections if c.how == "close" and c.leaving_ns is not None}
    assert (
        performed.still_there == 4 + 2 + 2 + 2 + 1
    )  # who stay, whose refusal nobody performs here, held, lag, admitted
    assert {"fault-dropped", "fault-late", "fault-twice"} <= left


@pytest.fixture
def controlled(tmp_path: Path) -> Iterator[Controlled]:
    with controlled_session(tmp_path) as controlled:
        yield controlled


def test_who_is_refused_ends_nothing_and_is_told(
    controlled: Controlled, monkeypatch: pytest.MonkeyPatch
) -> None:
    control = _control(controlled)

    def refuse(*_arguments: object) -> None:
        name = f"refused-{len(controlled.stack.lines)}="
        controlled.stack.traced("lifecycle", step="refused", connection_id=name)
        raise HandshakeRefused("the backend", 500, {}, "")

    monkeypatch.setattr(Fleet, "connect", refuse)
    assert _Piece(controlled.session, control, []).refused() == ["refused-0=", "refused-1="]


def test_those_who_were_let_in_and_have_left_since_are_not_spoken_to(controlled: Controlled) -> None:
    staying, leaving = controlled.session.connect("fault-held", 2)
    leaving.close()
    coming = [_done(staying), _done(leaving), _done(None)]
    assert _there(coming) == [staying]


def _done(client: Client | None) -> Future[Client | None]:
    future: Future[Client | None] = Future()
    future.set_result(client)
    return future


def test_a_function_is_known_by_the_route_that_it_has_run_for(controlled: Controlled) -> None:
    controlled.stack.ran("$connect", "early=")
    position = _control(controlled).position()
    assert _functions_of(_control(controlled), position, "$connect") == []
    controlled.stack.ran("$connect", "a=")
    controlled.stack.ran("$connect", "b=")
    controlled.stack.ran("$disconnect", "a=")
    assert _functions_of(_control(controlled), position, "$connect") == ["Connect"]


def test_without_a_control_endpoint_nothing_is_done(tmp_path: Path) -> None:
    with controlled_session(tmp_path, controls=False) as controlled:
        faults.run(controlled.session)
    assert read_history(tmp_path).connections == []
