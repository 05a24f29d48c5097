"""A worker of Locust's: drives users as its master says, and records what they do."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path
from typing import Any

import gevent
from gevent.event import Event
from locust.env import Environment
from locust.runners import WorkerRunner

from conformance.harness.errors import UsageError
from conformance.harness.target import Target, load_target
from conformance.harness.target_file import read_target_file
from reports.results import Exit

from . import _crew as crew
from ._bookkeeping import Standing
from ._driver import Driver
from ._ending import POINTS
from ._load_run import LoadRun
from ._typed_locust import listen, on_message, options_of, report, tell

_MEET_S = 15.0
"""A worker whose others do not come goes on alone: then fewer messages are owed, and none is lost."""


class Worker:
    """The role of the processes that `--worker` or `--processes` makes."""

    def __init__(self, environment: Environment, runner: WorkerRunner) -> None:
        self._environment = environment
        self._runner = runner
        # What cannot be recorded any more ends here; the master hears why, and ends the test.
        self._driver = Driver(environment, lambda: gevent.spawn(self.end), self._meet)
        self._told = True
        self._go: dict[str, Event] = {}
        listen(environment.events.report_to_master, self._report)
        on_message(runner, crew.FINISH, lambda _: self.end(), alongside=True)
        on_message(runner, crew.HURRY, lambda _: self.hurry())
        on_message(runner, crew.GO, lambda message: self._go[message.data].set())

    @property
    def run(self) -> LoadRun | None:
        return self._driver.run

    @property
    def standing(self) -> Standing:
        return self._driver.standing

    def begin(self) -> None:
        try:
            order = crew.Order.from_message(getattr(options_of(self._environment), crew.PLAN))
            target = self._target(order.target)
        except UsageError as error:
            tell(self._runner, crew.REFUSED, str(error))
            raise
        self._go = {point: Event() for point in POINTS}
        # Locust counts its workers from 0, which here is the process that has none.
        self._driver.begin(order.plan, self._runner.worker_index + 1, target)
        self._told = False

    def end(self) -> None:
        trouble = self._driver.end()
        if not self._told:
            self._told = True
            report(self._runner)  # the master may print its statistics as soon as the last has finished
            tell(self._runner, crew.FINISHED, list(trouble))

    def conclude(self, *, final: bool) -> Exit | None:
        self.end()
        return Exit.OK if final else None

    def hurry(self) -> None:
        self._driver.hurry()

    def _meet(self, point: str, hurry: Event) -> None:
        tell(self._runner, crew.AT, point)
        gevent.wait([self._go[point], hurry], timeout=_MEET_S, count=1)

    def _target(self, spec: str) -> Target:
        options = options_of(self._environment)
        target = load_target(
            spec,
            table=options.table,
            region=options.region,
            dynamodb_endpoint=options.dynamodb_endpoint,
            management_endpoint=options.management_endpoint,
        )
        assert isinstance(target, Target), "the master has started the local stack, and says where it is"
        return target.merged(read_target_file(Path(options.contract))) if options.contract else target

    def _report(self, data: dict[str, Any], **_: object) -> None:
        data[crew.STANDING] = astuple(self.standing)
