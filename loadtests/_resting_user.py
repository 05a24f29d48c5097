"""Users that wait for long without a stack.

A greenlet that waits keeps its frames, which take more memory than the connection that they wait for.
So a user that has nothing to do for long lets its greenlet end, and another one, not started yet, takes
its place among Locust's: once that starts, the user's task runs again from its beginning.
"""

from __future__ import annotations

from typing import NoReturn, Protocol

import gevent
from gevent.hub import get_hub
from locust import User
from locust.env import Environment
from locust.exception import StopUser
from locust.user.task import LOCUST_STATE_STOPPING


class _Timer(Protocol):
    def close(self) -> None: ...


class RestingUser(User):
    """`arrive` and `depart` are what Locust's `on_start` and `on_stop` are elsewhere: once in a life."""

    abstract = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._arrived = False
        self._successor: gevent.Greenlet | None = None
        """While it rests."""
        self._leaving = False
        self._timer: _Timer | None = None

    def arrive(self) -> None:
        """Called before the first task."""

    def depart(self) -> None:
        """Called when the user is gone for good; not unless it has arrived."""

    def rest(self, seconds: float | None = None) -> NoReturn:
        """Run the task again from its beginning after so many seconds, or once `wake` is called."""
        if self._state != LOCUST_STATE_STOPPING:
            self._successor = gevent.Greenlet(_resume, self)
            self._group.add(self._successor)
            self._group.discard(self._greenlet)
            self._greenlet = self._successor
            self._taskset_instance = None
            if seconds is not None:
                timer = get_hub().loop.timer(max(0.0, seconds))
                timer.start(self._successor.start)
                self._timer = timer
        raise StopUser

    def wake(self) -> None:
        """End the rest, if there is one."""
        if self._successor is not None:
            self._successor.start()

    def on_start(self) -> None:
        if not self._arrived:
            self._arrived = True
            self.arrive()

    def on_stop(self) -> None:
        if self._successor is None:
            self.depart()

    def stop(self, force: bool = False) -> bool:
        """Locust's; a user that rests has no task to finish."""
        if self._successor is None:
            return bool(super().stop(force))
        self._leaving = True
        self._successor.start()
        if force:
            self._successor.join()
        return force

    def resume(self) -> None:
        """What the greenlet does that takes over after a rest."""
        self._successor = None
        if self._timer is not None:
            self._timer.close()
            self._timer = None
        if self._leaving:
            self.depart()
        else:
            self.run()  # type: ignore[no-untyped-call]


def _resume(user: RestingUser) -> None:
    user.resume()  # a function with the user as its argument: there Locust looks for it
