"""Short interleavings of connects, departures, broadcasts and stale rows, shrunk to the smallest that fails.

Where `churn` is one long run at a rate, this is many small ones, most of them one step after the other,
so that what fails can be told in a few lines: Hypothesis draws the steps and takes away all that are
not needed. Some steps are two at once: somebody comes or goes while another one speaks.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NoReturn

from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from conformance.harness.client import Client
from conformance.harness.deadline import Deadline
from conformance.harness.errors import TargetFailure
from conformance.harness.rows import Row

from .drawn_by_hypothesis import BoundedSearch, live_settings
from .session import Session

_EXAMPLES = 8
_STEPS = 10
_MOST_CLIENTS = 5
_WITHIN_S = 120.0
_SHRINKING_S = 20.0
_IMPATIENT_S = 1.0

_PLACES = st.integers(0, _MOST_CLIENTS - 1)


@dataclass
class _Search:
    """What Hypothesis has found so far."""

    session: Session
    ghost: Row | None = None
    """The row of a connection that is gone, to be put back; None without access to the table."""
    number: int = 0
    """Of the example that runs: its connections and messages carry it in their groups."""
    steps: list[str] = field(default_factory=list)
    failing: list[list[str]] = field(default_factory=list)
    """The steps of each example that failed."""
    bounded: BoundedSearch = field(default_factory=lambda: BoundedSearch(_WITHIN_S, _SHRINKING_S))

    @property
    def patience_s(self) -> float:
        """The first failure is waited for in full; attempts to shrink it need not be."""
        bound_s = self.session.bounds.deliver_s
        return min(bound_s, _IMPATIENT_S) if self.failing else bound_s

    def begin(self) -> None:
        self.bounded.begin_example()
        self.number += 1
        self.steps = []

    def failed(self) -> NoReturn:
        """Somebody who was there did not hear a broadcast; does not return."""
        self.failing.append(self.steps)
        self.bounded.fail()


def run(session: Session) -> None:
    session.phase("interleavings", "main")
    session.progress(f"interleavings: {_EXAMPLES} short ones, drawn and shrunk by Hypothesis")
    search = _Search(session, _ghost(session))
    drawn = live_settings(_EXAMPLES, steps=_STEPS)
    machine = seeded(session.scale.seed)(_machine(search))
    search.bounded.run(lambda: run_state_machine_as_test(machine, settings=drawn))
    if search.failing:
        smallest = min(search.failing, key=len)
        session.progress(f"interleavings: fails with {'; '.join(smallest)}")
        session.fleet.recorder.note(f"smallest failing interleaving: {'; '.join(smallest)}")


def _ghost(session: Session) -> Row | None:
    if session.table is None:
        return None
    [client] = session.connect_known("ghost")
    row = session.table.find(client.connection_id or "")
    client.close()
    return row


def _machine(search: _Search) -> type[RuleBasedStateMachine]:
    """A machine whose every example begins with two clients and an empty list of steps."""
    session = search.session

    class Interleaving(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            search.begin()
            self.there: list[Client] = []
            self.come()
            self.come()

        def teardown(self) -> None:
            session.retire(self.there)
            if session.table is not None:
                session.table.clean_up()

        @precondition(lambda self: len(self.there) < _MOST_CLIENTS)
        @rule()
        def come(self) -> None:
            client = self._newcomer()
            search.steps.append(f"c{client.number} connects")

        @precondition(lambda self: len(self.there) > 1)
        @rule(place=_PLACES)
        def close(self, place: int) -> None:
            self._leave(place, "closes", Client.close)

        @precondition(lambda self: len(self.there) > 1)
        @rule(place=_PLACES)
        def abort(self, place: int) -> None:
            self._leave(place, "is cut off", Client.abort)

        @rule(place=_PLACES)
        def reconnect(self, place: int) -> None:
            """As many as before, and not the same: what remembers an audience by its size is wrong now."""
            self._leave(place, "closes", Client.close)
            self.come()

        @precondition(lambda _: search.ghost is not None)
        @rule()
        def haunt(self) -> None:
            search.steps.append("a stale row is put back")
            _put_back(search)

        @rule(place=_PLACES)
        def speak(self, place: int) -> None:
            speaker = self._at(place)
            search.steps.append(f"c{speaker.number} speaks")
            self._spoken(speaker, self.there, lambda: None)

        @precondition(lambda self: len(self.there) < _MOST_CLIENTS)
        @rule(place=_PLACES)
        def speak_while_one_comes(self, place: int) -> None:
            speaker, before = self._at(place), list(self.there)
            search.steps.append(f"c{speaker.number} speaks while another one connects")
            self._spoken(speaker, before, self._newcomer)

        @precondition(lambda self: len(self.there) > 2)
        @rule(place=_PLACES, cut=st.booleans())
        def speak_while_one_goes(self, place: int, cut: bool) -> None:
            speaker, leaver = self._at(place), self._at(place + 1)
            self.there.remove(leaver)
            how = "is cut off" if cut else "closes"
            search.steps.append(f"c{speaker.number} speaks while c{leaver.number} {how}")
            self._spoken(speaker, self.there, leaver.abort if cut else leaver.close)

        def _at(self, place: int) -> Client:
            return self.there[place % len(self.there)]

        def _newcomer(self) -> Client:
            [client] = session.connect(f"interleaver/{search.number}")
            self.there.append(client)
            return client

        def _spoken(self, speaker: Client, ears: list[Client], meanwhile: Callable[[], object]) -> None:
            """`speaker` broadcasts, at the same time `meanwhile` happens; then all `ears` must have heard."""
            wanted = [c for c in ears if c is not speaker or session.contract.echo_to_sender]
            with ThreadPoolExecutor(1, thread_name_prefix="meanwhile") as pool:
                other = pool.submit(meanwhile)
                try:
                    message = session.fleet.broadcast(speaker, f"interleaving/{search.number}")
                except TargetFailure:
                    search.failed()
            other.result()
            if session.fleet.wait_heard(message, wanted, Deadline(search.patience_s)):
                search.failed()

        def _leave(self, place: int, how: str, leave: Callable[[Client], None]) -> None:
            client = self.there.pop(place % len(self.there))
            search.steps.append(f"c{client.number} {how}")
            leave(client)

    return Interleaving


def _put_back(search: _Search) -> None:
    table, ghost = search.session.table, search.ghost
    if table is not None and ghost is not None and table.plant(ghost):
        table.record_planted(ghost.connection_id, f"interleaving/{search.number}", "unknown")
