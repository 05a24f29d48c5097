"""What a Locust process has to do for a load test, at the moments that Locust tells it of."""

from __future__ import annotations

from typing import Protocol

import gevent
from locust.env import Environment

from reports.results import Exit

from ._bookkeeping import Standing
from ._load_run import LoadRun


class Role(Protocol):
    """A lone process, the master, or a worker."""

    @property
    def run(self) -> LoadRun | None:
        """The run that users of this process take part in."""

    @property
    def standing(self) -> Standing:
        """How the load stands in all processes that this one knows of."""

    def begin(self) -> None:
        """A test starts: before its first user. Raises ChurnproofError, RunFolderError."""

    def end(self) -> None:
        """It is to stop, and its users are still there. May come several times."""

    def conclude(self, *, final: bool) -> Exit | None:
        """It has stopped; `final` when no other will start. The exit code, None to leave it to Locust."""

    def hurry(self) -> None:
        """Do not wait for what is still owed."""


def stop_test(environment: Environment) -> None:
    """End the test from inside it, as Locust's own time limit would."""
    runner, options = environment.runner, environment.parsed_options
    if runner is not None:
        headless = options is None or options.headless
        # Not in this greenlet, which may be one of those that the runner then kills.
        gevent.spawn(runner.quit if headless else runner.stop)
