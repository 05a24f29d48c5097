"""Handshakes that hang, functions that fail, `$disconnect` that never comes, and a table that has its moods.

Some clients stay and speak all the time; what is asked is whether those hear whom a fault was about,
and whether the rows of those go who are gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from conformance.harness.client import Client
from conformance.harness.control import Control
from conformance.harness.deadline import Deadline, wait_for
from conformance.harness.errors import TargetFailure
from conformance.harness.fault_rules import (
    ColdStart,
    ConnectHeld,
    DisconnectDropped,
    DisconnectLate,
    DisconnectTwice,
    Fault,
    FaultRule,
    FunctionError,
    TableLag,
    TablePages,
    TableThrottled,
    Where,
)
from reports.trace import Invocation

from .session import Session
from .stack_connections import connect_told, refused_since

_STAY = 4
_DROPPED = 3
_REFUSED = 2
_HELD = 2
_NEWCOMERS = 2
_ROUNDS = 2
_HELD_S = 8.0
"""At most: the handshakes go on as soon as somebody has spoken."""
_LATE_S = 600.0
"""At most: `$disconnect` comes when the rows of the others are gone."""
_UNWRITTEN_S = 3.0
_UNREAD_ATTEMPTS = 2
"""Fewer than an AWS SDK makes of itself (CL-5)."""
_LAG_S = 3.0
_PAGE = 2
_WRITES = "[BPTU]*"
"""BatchWriteItem, PutItem, TransactWriteItems, UpdateItem."""
_MET_S = 3.0
_ROUND_S = 0.4
_LOOK_S = 0.05


@dataclass(frozen=True)
class _Leavers:
    """Who will leave, by what becomes of their `$disconnect`."""

    dropped: list[Client]
    late: list[Client]
    twice: list[Client]

    def all(self) -> list[Client]:
        return [*self.dropped, *self.late, *self.twice]


def run(session: Session, control: Control) -> None:
    """All pieces; raises TargetFailure, which is recorded, where hardly anybody is let in."""
    session.progress("faults: handshakes, functions and the table")
    position = control.position()
    piece = _Piece(session, control, connect_told(session, control, "fault-life", _STAY))
    leavers = _Leavers(
        connect_told(session, control, "fault-dropped", _DROPPED),
        connect_told(session, control, "fault-late", 1),
        connect_told(session, control, "fault-twice", 1),
    )
    session.say(piece.stayers[0], "fault/life/warm-up", among=[*piece.stayers, *leavers.all()])
    refused = piece.refused()
    young = session.young()
    guests = [*piece.held(), *piece.lagging()]
    piece.read_in_pages([*guests, *leavers.all()])
    piece.unread()
    piece.cold()
    session.progress("faults: departures that nobody is told of")
    with piece.unwritten(_functions_of(control, position, "$connect")) as admitted:
        piece.departures(leavers, refused, young)
    guests += piece.welcomed([admitted])
    session.retire([*piece.stayers, *guests])


@dataclass(frozen=True)
class _Piece:
    session: Session
    control: Control
    stayers: list[Client]

    @property
    def _ears(self) -> set[int]:
        return {client.number for client in self.session.owed(self.stayers[0], self.stayers)}

    def say(self, group: str, rounds: int, among: Sequence[Client] = ()) -> None:
        """So many of those who stay speak, one after the other."""
        for speaker in self.stayers[:rounds]:
            self.session.say(speaker, f"fault/life/{group}", among=[*self.stayers, *among])

    def refused(self) -> list[str]:
        """`$connect` runs, and its result is lost; the ids of those whom that refuses."""
        position = self.control.position()
        rule = FaultRule(FunctionError(carried_out=True), Where(route="$connect"), count=_REFUSED)
        with self.control.faults("life/refused", rule):
            for _ in range(_REFUSED):
                self._connected("fault-refused")
        refused = refused_since(self.control, position)
        for connection_id in refused:
            self.session.observe(connection_id)  # it may be gone again when the watch over all begins
        return refused

    def held(self) -> list[Client]:
        """Others speak while handshakes are pending, after `$connect` has returned."""
        with ThreadPoolExecutor(_HELD, thread_name_prefix="held") as pool:
            with self.control.faults("life/held", FaultRule(ConnectHeld(_HELD_S))) as (rule,):
                coming = [self._holding(pool, rule, number) for number in range(1, _HELD + 1)]
                self.say("pending", _STAY)
            clients = _there(coming)
        self.say("held", _ROUNDS, clients)
        return clients

    def _holding(self, pool: Executor, rule: str, number: int) -> Future[Client | None]:
        """One more handshake, begun when the one before is held: coming at once is another matter."""
        coming = pool.submit(self._connected, "fault-held")
        wait_for(lambda: self.control.injected(rule) >= number, Deadline(_MET_S), _LOOK_S)
        return coming

    def lagging(self) -> list[Client]:
        """Somebody speaks right after a handshake, while reads lag that are not consistent."""
        clients: list[Client] = []
        with self.control.faults("life/lag", FaultRule(TableLag(_LAG_S))):
            for _ in range(_NEWCOMERS):
                clients += self.session.connect("fault-lag")
                self.say("lag", 1, clients)
        return clients

    def read_in_pages(self, others: Sequence[Client]) -> None:
        """The table is read in small pages, every other one of them empty."""
        with self.control.faults("life/pages", FaultRule(TablePages(_PAGE, empty=True))):
            self.say("pages", _ROUNDS, others)

    def unread(self) -> None:
        """The first attempts to read the audience are throttled."""
        rules = (
            FaultRule(TableThrottled(), Where(operation=operation), per="attempt", count=_UNREAD_ATTEMPTS)
            for operation in ("Scan", "Query")
        )
        speaker, session = self.stayers[0], self.session
        seen = len(session.fleet.frames(speaker))
        with self.control.faults("life/unread", *rules):
            message = session.say(speaker, "fault/life/unread", among=self.stayers, wait=False)
            if message is not None:
                session.fleet.wait_until(
                    lambda: (
                        self._ears <= session.fleet.heard(message)
                        or len(session.fleet.frames(speaker)) > seen
                    ),
                    Deadline(session.bounds.deliver_s),
                )

    def cold(self) -> None:
        """Each message meets an execution environment that is new."""
        with self.control.faults("life/cold", *_about(self.stayers, ColdStart())):
            self.say("cold", _ROUNDS)

    @contextmanager
    def unwritten(self, functions: Sequence[str]) -> Iterator[Future[Client | None]]:
        """Inside the block a client connects whose row cannot be written for a while."""
        rules = (
            FaultRule(
                TableThrottled(),
                Where(function=name, operation=_WRITES),
                per="attempt",
                for_s=_UNWRITTEN_S,
            )
            for name in functions
        )
        with (
            ThreadPoolExecutor(1, thread_name_prefix="unwritten") as pool,
            self.control.faults("life/unwritten", *rules),
        ):
            yield pool.submit(self._connected, "fault-unwritten")

    def welcomed(self, coming: Sequence[Future[Client | None]]) -> list[Client]:
        """Those who were let in all the same; somebody speaks to them."""
        clients = _there(coming)
        self.say("admitted", _ROUNDS, clients)
        return clients

    def departures(self, leavers: _Leavers, refused: Sequence[str], young: Deadline) -> None:
        """All leave; the others speak until no row is left of them, or of those who were refused."""
        leaving = leavers.all()
        self.session.look(leaving)
        position = self.control.position()
        with ExitStack() as stack:
            for name, clients, fault in (
                ("life/dropped", leavers.dropped, DisconnectDropped()),
                ("life/late", leavers.late, DisconnectLate(_LATE_S)),
                ("life/twice", leavers.twice, DisconnectTwice()),
            ):
                stack.enter_context(self.control.faults(name, *_about(clients, fault)))
            for client in leaving:
                client.close()
            gone = [client.connection_id for client in leaving if client.connection_id]
            self._watch([*gone, *refused], self.session.until_stale(young))
        late = {client.connection_id for client in leavers.late}
        wait_for(lambda: late <= self._told(position), Deadline(_MET_S), _LOOK_S)

    def _watch(self, left: Sequence[str], deadline: Deadline) -> None:
        turn = 0
        while left:
            last = deadline.expired()
            left = [name for name in left if self.session.observe(name)]
            if last or not left:
                return
            speaker = self.stayers[turn % len(self.stayers)]
            self.session.say(speaker, "fault/life/stale", among=self.stayers)
            turn += 1
            self.session.pause(_ROUND_S)

    def _told(self, position: int) -> set[str | None]:
        """The connections whose `$disconnect` has run."""
        runs = self.control.since(position, "invocation").of(Invocation)
        return {run.connection_id for run in runs if run.route == "$disconnect"}

    def _connected(self, group: str) -> Client | None:
        try:
            return self.session.fleet.connect(group)
        except TargetFailure:
            return None  # recorded; that is what some pieces are about


def _about(clients: Sequence[Client], fault: Fault) -> list[FaultRule]:
    return [FaultRule(fault, Where(connection=client.connection_id)) for client in clients]


def _functions_of(control: Control, position: int, route: str) -> list[str]:
    """The functions that have run for the route since that position of the trace."""
    runs = control.since(position, "invocation").of(Invocation)
    return sorted({run.function for run in runs if run.route == route})


def _there(coming: Sequence[Future[Client | None]]) -> list[Client]:
    clients = (future.result() for future in coming)
    return [client for client in clients if client is not None and client.is_open]
