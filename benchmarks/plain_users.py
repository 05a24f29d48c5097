"""What most people write: a Locust user with a websocket-client connection and a greenlet of its own.

It counts what it hears through `events.request`, and verifies nothing.

locust -f benchmarks/plain_users.py --headless -u 1000 -r 1000 --host ws://127.0.0.1:8080
"""

from __future__ import annotations

import itertools
import json
import os
import time
from typing import ClassVar

import gevent
import websocket
from locust import User, task
from locust.env import Environment

_FILLER = "the quick brown fox jumps over the lazy dog; the quick"


class PlainUser(User):
    """Hears; and speaks when the turn, which goes round, is its own."""

    interval_s = 1 / float(os.environ.get("MESSAGES_PER_S", "1"))
    everybody: ClassVar[list[PlainUser]] = []
    numbers = itertools.count()

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.socket: websocket.WebSocket | None = None

    def on_start(self) -> None:
        self.socket = websocket.create_connection(str(self.host))
        if not self.everybody:
            gevent.spawn(self.speak)
        self.everybody.append(self)

    @task
    def hear(self) -> None:
        assert self.socket is not None
        text = self.socket.recv()
        elapsed_ms = (time.monotonic_ns() - json.loads(text)["at"]) / 1e6
        self.environment.events.request.fire(
            request_type="WS",
            name="delivery",
            response_time=elapsed_ms,
            response_length=len(text),
            exception=None,
            context={},
        )

    def speak(self) -> None:
        due_s = time.monotonic()
        for number in self.numbers:
            gevent.sleep(max(0.0, due_s - time.monotonic()))
            speaker = self.everybody[number % len(self.everybody)]
            assert speaker.socket is not None
            speaker.socket.send(json.dumps({"id": number, "at": int(due_s * 1e9), "text": _FILLER}))
            due_s += self.interval_s
