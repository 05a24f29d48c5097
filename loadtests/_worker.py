"""A worker of Locust's: drives users as its master says, and records what they do."""

from __future__ import annotations

import logging
from dataclasses import astuple
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gevent
from gevent.event import Event
from locust.env import Environment
from locust.rpc import Message
from locust.runners import WorkerRunner

from conformance.harness.deadline import Deadline
from conformance.harness.errors import UsageError
from conformance.harness.target import Target, load_target
from conformance.harness.target_file import read_target_file
from conformance.harness.tcp import Place
from reports.results import Exit

from . import _crew as crew
from ._bookkeeping import Standing
from ._driver import Driver
from ._ending import POINTS
from ._far_record import FarRecord
from ._load_run import LoadRun, RunPlan
from ._typed_locust import listen, on_message, options_of, report, tell

_log = logging.getLogger("churnproof")

_REACH_S = 10.0
"""To connect to a target that the master's host has connected to."""
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
        self._far: FarRecord | None = None
        listen(environment.events.report_to_master, self._report)
        on_message(runner, crew.FINISH, lambda _: self.end(), alongside=True)
        on_message(runner, crew.HURRY, lambda _: self.hurry())
        on_message(runner, crew.GO, lambda message: self._go[message.data].set())
        on_message(runner, crew.CLOCK, self._hear_time)
        on_message(runner, crew.RECORD, self._hear_of_record)

    @property
    def run(self) -> LoadRun | None:
        return self._driver.run

    @property
    def standing(self) -> Standing:
        return self._driver.standing

    def begin(self) -> None:
        try:
            order = crew.Order.from_message(getattr(options_of(self._environment), crew.PLAN))
            process = self._runner.worker_index + 1
            self._far = None if order.is_near else self._far_record(order.plan, process)
            target = self._target(order)
        except UsageError as error:
            tell(self._runner, crew.REFUSED, str(error))
            raise
        self._go = {point: Event() for point in POINTS}
        # Locust counts its workers from 0, which here is the process that has none.
        plan = self._far.plan if self._far else order.plan
        self._driver.begin(plan, process, target, ready=self._far is None)
        if self._far and self._driver.run:
            self._far.start(self._driver.run)
        self._told = False

    def end(self) -> None:
        trouble = self._driver.end()
        if not self._told:
            self._told = True
            trouble = [*trouble, *(self._far.finish() if self._far else ())]
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

    def _far_record(self, plan: RunPlan, process: int) -> FarRecord:
        _log.info("on another host than the master: this worker's record is sent there")
        return FarRecord(
            plan,
            process,
            lambda piece: tell(self._runner, crew.RECORD, list(astuple(piece))),
            lambda asked_ns: tell(self._runner, crew.CLOCK, asked_ns),
        )

    def _hear_time(self, message: Message) -> None:
        if self._far:
            self._far.told(*message.data)

    def _hear_of_record(self, message: Message) -> None:
        if self._far:
            self._far.came(*message.data)

    def _target(self, order: crew.Order) -> Target:
        options = options_of(self._environment)
        spec, contract = order.target, options.contract
        if self._far and crew.TARGET in order.texts:
            spec = str(self._far.text_file(crew.TARGET, order.texts[crew.TARGET]))
        if self._far and crew.CONTRACT in order.texts:
            contract = str(self._far.text_file(crew.CONTRACT, order.texts[crew.CONTRACT]))
        target = load_target(
            spec,
            table=options.table,
            region=options.region,
            dynamodb_endpoint=options.dynamodb_endpoint,
            management_endpoint=options.management_endpoint,
        )
        assert isinstance(target, Target), "the master has started the local stack, and says where it is"
        if self._far:
            _check_reach(target)
        return target.merged(read_target_file(Path(contract))) if contract else target

    def _report(self, data: dict[str, Any], **_: object) -> None:
        data[crew.STANDING] = astuple(self.standing)


def _check_reach(target: Target) -> None:
    """Raises UsageError where this host cannot connect to a target that the master's host can."""
    url = urlsplit(target.endpoint.url)
    port = url.port or (443 if url.scheme == "wss" else 80)
    try:
        Place(url.hostname or "", port).connect(Deadline(_REACH_S)).close()
    except OSError as error:
        raise UsageError(
            f"the host of a worker cannot connect to {url.hostname}:{port}: {error}; "
            "workers on other hosts need a target that all of them can reach"
        ) from error
