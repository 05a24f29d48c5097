"""Talkers and listeners: a broadcast load with a steady audience.

locust -f loadtests/broadcast_users.py --target wss://… --headless -u 500 -r 50 -t 5m --only-summary
"""

from __future__ import annotations

import time

from locust import task

from loadtests._schedules import ticks
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

    @task
    def talk(self) -> None:
        client = self.connected()
        free_ns = time.monotonic_ns()
        # From here anew: what was due while it had no connection cannot have been sent.
        for due_ns in ticks(free_ns, self.load.plan.pace.talk_interval_s, self.dice):
            if not self.load.pause((due_ns - time.monotonic_ns()) / 1e9, self.load.quiet):
                self.stay(client)
            if not client.is_open:
                return
            self.load.speak(client, due_ns, free_ns)
            free_ns = time.monotonic_ns()
