"""The base of all users here: each has one WebSocket, of a run that its process shares."""

from __future__ import annotations

from typing import ClassVar

from gevent.event import Event
from locust.env import Environment
from locust.exception import StopUser

from conformance.harness.client import Client

from ._lifecycle import run_of
from ._load_run import Group
from ._resting_user import RestingUser
from ._schedules import backoffs

_LONG_S = 1.0
"""To begin a task anew costs more than a short wait."""


class SocketUser(RestingUser):
    """A user of the target; subclasses say what it does with its connection.

    Tasks may wait as long as they like: when the run ends, all waiting does, and StopUser ends the user.
    """

    abstract = True
    group: ClassVar[Group] = "stayer"
    churns: bool = False
    speaks: bool = False

    # Users get all their attributes here: those that come later give each a dictionary of its own.
    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.load = run_of(environment)
        self.dice = self.load.new_dice()
        self.client: Client | None = None

    def arrive(self) -> None:
        self.load.enrol(self)

    def depart(self) -> None:
        self.load.dismiss(self)
        if self.client is not None:
            self.client.close()

    def connected(self) -> Client:
        """The user's connection, opened again when it was lost, with backoff while that fails."""
        if self.client is not None and self.client.is_open:
            return self.client
        group = self.group
        if self.client is not None and self.load.stormy:
            self.load.pause(self.dice.uniform(0.0, self.load.return_within_s), self.load.over)
            group = "joiner"  # it connects while others speak
        for wait_s in backoffs(self.dice):
            self._stop_at_the_end()
            self.client = self.load.connect(group)
            if self.client is not None:
                return self.client
            self.load.pause(wait_s, self.load.over)
        raise AssertionError("backoffs never end")

    def stay(self, client: Client) -> None:
        """Be connected until the connection is lost; then the task begins anew."""
        self._stop_at_the_end()
        if client.is_open:
            self.rest()

    def pause_or_rest(self, seconds: float, until: Event) -> bool:
        """`LoadRun.pause`; after a long one, or when the connection is lost in it, the task begins anew."""
        if seconds > _LONG_S and not until.is_set():
            self.rest(seconds)
        return self.load.pause(seconds, until)

    def _stop_at_the_end(self) -> None:
        if self.load.over.is_set():
            raise StopUser
