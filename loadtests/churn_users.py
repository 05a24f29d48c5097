"""Users who come and go, by all the ways there are, and users who send nonsense.

locust -f loadtests --target wss://… --headless -u 200 -r 20 -t 5m --only-summary
locust -f loadtests --target wss://… --headless -u 200 -r 20 -t 5m Talker Listener Dropper
"""

from __future__ import annotations

from locust import task

from conformance.harness.client import Client
from loadtests._schedules import stays
from loadtests._socket_user import SocketUser

_HALF_OPEN = 0.3
"""Share of the droppings."""


class Visitor(SocketUser):
    """Connects, stays for a drawn lifetime, leaves, comes back; at the end of the run it stays."""

    abstract = True
    group = "joiner"
    churns = True

    @task
    def visit(self) -> None:
        pace = self.load.plan.pace
        client = self.connected()
        if not self.load.pause(next(stays(pace.stay_s, self.dice)), self.load.calm):
            self.stay(client)
            return
        self.leave(client)
        self.load.pause(next(stays(pace.away_s, self.dice)), self.load.calm)

    def leave(self, client: Client) -> None:
        """End the connection."""
        raise NotImplementedError


class Joiner(Visitor):
    """Leaves by the close handshake (RFC 6455 section 7)."""

    weight = 20

    def leave(self, client: Client) -> None:
        client.close()


class Dropper(Visitor):
    """Leaves without a word: by RST, as processes that are killed do (DC-25), or half-open.

    Half-open it reads and answers nothing for another stay, as a machine that lost its network, and its
    socket goes only then (MG-30).
    """

    weight = 10

    def leave(self, client: Client) -> None:
        if self.dice.random() < _HALF_OPEN:
            client.stop_reading()
            self.load.pause(next(stays(self.load.plan.pace.stay_s, self.dice)), self.load.calm)
        client.abort()


class Misbehaver(SocketUser):
    """Sends an unknown action, and what is not JSON, in turn; hears like everybody else."""

    weight = 8
    group = "misbehaver"

    @task
    def misbehave(self) -> None:
        send, interval_s = self.load.target.send, self.load.plan.pace.talk_interval_s
        for kind, text in (
            ("unknown-action", send.unknown_action("nobody asked for this")),
            ("not-json", "this is {no JSON"),
        ):
            client = self.connected()
            if not self.load.pause(self.dice.uniform(0.5, 1.5) * interval_s, self.load.quiet):
                self.stay(client)
                return
            if text is not None and client.is_open:
                self.load.misbehave(client, kind, text)
