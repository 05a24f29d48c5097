"""Talkers and listeners: a broadcast load with a steady audience.

locust -f loadtests/broadcast_users.py --target wss://… --headless -u 500 -r 50 -t 5m --only-summary
"""

from __future__ import annotations

import time

from locust import task
from locust.env import Environment

from conformance.harness.client import Client
from loadtests._schedules import Ticks
from loadtests._socket_user import SocketUser


class Listener(SocketUser):
    """Connects, stays, and hears."""

    weight = 50

    @task
    def listen(self) -> None:
        self.stay(self.connected())


class Talker(SocketUser):
    """Stays, hears, and speaks every `--talk-interval` seconds, whatever comes back (open model)."""

    weight = 12
    speaks = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._spoken_through: Client | None = None
        self._ticks: Ticks | None = None
        self._free_ns = 0

    @task
    def talk(self) -> None:
        client = self.connected()
        ticks = self._ticks
        if ticks is None or client is not self._spoken_through:
            # From here anew: what was due while it had no connection cannot have been sent.
            self._spoken_through, self._free_ns = client, time.monotonic_ns()
            ticks = self._ticks = Ticks(self._free_ns, self.load.plan.pace.talk_interval_s, self.dice)
        while self.pause_or_rest((ticks.due_ns - time.monotonic_ns()) / 1e9, self.load.quiet):
            if not client.is_open:
                return
            self.load.speak(client, ticks.due_ns, self._free_ns)
            self._free_ns = time.monotonic_ns()
            ticks.advance()
        self.stay(client)
