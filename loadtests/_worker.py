"""A worker of Locust's: drives users as its master says, and records what they do."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

import gevent
from locust.env import Environment
from locust.runners import WorkerRunner

from conformance.harness.errors import UsageError
from conformance.harness.target import LocalApplication, load_target
from reports.results import Exit

from . import _crew as crew
from ._bookkeeping import Standing
from ._driver import Driver
from ._load_run import LoadRun


class Worker:
    """The role of the processes that `--worker` or `--processes` makes."""

    def __init__(self, environment: Environment, runner: WorkerRunner) -> None:
        self._environment = environment
        self._runner = runner
        # What cannot be recorded any more ends here; the master hears why, and ends the test.
        self._driver = Driver(environment, lambda: gevent.spawn(self.end))
        self._told = True
        environment.events.report_to_master.add_listener(self._report)
        runner.register_message(crew.FINISH, lambda **_: self.end(), concurrent=True)
        runner.register_message(crew.HURRY, lambda **_: self.hurry())

    @property
    def run(self) -> LoadRun | None:
        return self._driver.run

    @property
    def standing(self) -> Standing:
        return self._driver.standing

    def begin(self) -> None:
        options = self._environment.parsed_options
        try:
            order = crew.Order.from_message(getattr(options, crew.PLAN))
            target = load_target(
                order.target,
                table=options.table,
                region=options.region,
                dynamodb_endpoint=options.dynamodb_endpoint,
                management_endpoint=options.management_endpoint,
            )
            if isinstance(target, LocalApplication):
                raise UsageError("the master must have started the local stack; workers cannot")
        except UsageError as error:
            self._runner.send_message(crew.REFUSED, str(error))
            raise
        # Locust counts its workers from 0, which here is the process that has none.
        self._driver.begin(order.plan, self._runner.worker_index + 1, target)
        self._told = False

    def end(self) -> None:
        trouble = self._driver.end()
        if not self._told:
            self._told = True
            self._runner.send_message(crew.FINISHED, list(trouble))

    def conclude(self, *, final: bool) -> Exit | None:
        self.end()
        return Exit.OK if final else None

    def hurry(self) -> None:
        self._driver.hurry()

    def _report(self, client_id: str, data: dict[str, Any]) -> None:
        data[crew.STANDING] = astuple(self.standing)
