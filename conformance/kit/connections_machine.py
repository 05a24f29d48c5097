"""Connects, departures and broadcasts in any order, as a Hypothesis state machine to use and to extend."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, rule

from conformance.harness.client import Client

from .trial import Trial, UndeliveredError


class ConnectionsMachine(RuleBasedStateMachine):
    """Whatever the order of steps, everybody who is there hears.

    Subclass it to add rules of your own application; `clients` is the bundle of those who are there.
    """

    clients: Bundle[Client] = Bundle("clients")

    def __init__(self, trial: Trial) -> None:
        super().__init__()
        self.trial = trial
        self.came: list[Client] = []
        self._told = False
        trial.begin_example()

    @initialize(target=clients)
    def first(self) -> Client:
        return self._new()

    @rule(target=clients)
    def connect(self) -> Client:
        return self._new()

    @rule(client=consumes(clients))
    def close(self, client: Client) -> None:
        client.close()

    @rule(client=consumes(clients))
    def abort(self, client: Client) -> None:
        client.abort()

    @rule(speaker=clients, text=st.text(st.characters(codec="utf-8"), max_size=20))
    def broadcast(self, speaker: Client, text: str) -> None:
        if self.trial.broadcast(speaker, text):
            self.judge()

    def teardown(self) -> None:
        try:
            self.judge()
        finally:
            for client in self.came:
                client.close()

    def judge(self) -> None:
        """Raises UndeliveredError, once, when a broadcast of this example was not heard as it should be."""
        problem = "" if self._told else self.trial.problem()
        if problem:
            self._told = True
            self.trial.hurry()
            raise UndeliveredError(problem)

    def _new(self) -> Client:
        client = self.trial.connect()
        self.came.append(client)
        return client
