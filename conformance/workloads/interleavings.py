"""Short random interleavings of connects, departures and broadcasts, shrunk to the smallest that fails.

Where `churn` is one long run at a rate, this is many small ones, one step after the other, so that what
fails can be told in a few lines: Hypothesis draws the steps and takes away all that are not needed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from conformance.harness.client import Client
from conformance.harness.deadline import Deadline
from conformance.harness.errors import TargetFailure

from .drawn_by_hypothesis import live_settings
from .session import Session

_EXAMPLES = 8
_STEPS = 10
_MOST_CLIENTS = 5
_SHRINKING_S = 20.0
_IMPATIENT_S = 1.0

_PLACES = st.integers(0, _MOST_CLIENTS - 1)


class _UnheardError(AssertionError):
    """Somebody who was there did not hear a broadcast."""


@dataclass
class _Search:
    """What Hypothesis has found so far."""

    session: Session
    steps: list[str] = field(default_factory=list)
    smallest: list[str] | None = None
    shrinking: Deadline | None = None

    @property
    def patience_s(self) -> float:
        """The first failure is waited for in full; attempts to shrink it need not be."""
        bound_s = self.session.bounds.deliver_s
        return bound_s if self.shrinking is None else min(bound_s, _IMPATIENT_S)

    def begin(self) -> None:
        self.steps = []

    def failed(self) -> None:
        """Raises _UnheardError, unless shrinking has taken long enough."""
        if self.smallest is None or len(self.steps) < len(self.smallest):
            self.smallest = list(self.steps)
        if self.shrinking is None:
            self.shrinking = Deadline(_SHRINKING_S)
        if not self.shrinking.expired():
            raise _UnheardError("; ".join(self.steps))


def run(session: Session) -> None:
    session.phase("interleavings", "main")
    session.progress(f"interleavings: {_EXAMPLES} short ones, drawn and shrunk by Hypothesis")
    search = _Search(session)
    drawn = live_settings(_EXAMPLES, steps=_STEPS)
    try:
        run_state_machine_as_test(seeded(session.scale.seed)(_machine(search)), settings=drawn)
    except (_UnheardError, Flaky):
        session.progress(f"interleavings: fails with {'; '.join(search.smallest or [])}")
        session.fleet.recorder.note(f"smallest failing interleaving: {'; '.join(search.smallest or [])}")


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

        @precondition(lambda self: len(self.there) < _MOST_CLIENTS)
        @rule()
        def come(self) -> None:
            [client] = session.connect("interleaver")
            self.there.append(client)
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
        def speak(self, place: int) -> None:
            speaker = self.there[place % len(self.there)]
            search.steps.append(f"c{speaker.number} speaks")
            try:
                message = session.fleet.broadcast(speaker, "interleaving")
            except TargetFailure:
                search.failed()
                return
            ears = [c for c in self.there if c is not speaker or session.contract.echo_to_sender]
            if session.fleet.wait_heard(message, ears, Deadline(search.patience_s)):
                search.failed()

        def _leave(self, place: int, how: str, leave: Callable[[Client], None]) -> None:
            client = self.there.pop(place % len(self.there))
            search.steps.append(f"c{client.number} {how}")
            leave(client)

    return Interleaving
