"""The process that drives users: a lone Locust, or one of its workers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import gevent
from gevent.event import Event
from locust.env import Environment

from conformance.harness.control import Control as StackControl
from conformance.harness.errors import HarnessError
from conformance.harness.target import Target

from ._bookkeeping import Bookkeeper, Standing
from ._ending import Meet, wind_down
from ._idle_herd import IdleHerd
from ._load_run import LoadRun, RunPlan

_log = logging.getLogger("churnproof")


def _alone(_point: str, _hurry: Event) -> None:
    """There is nobody to meet."""


class Driver:
    """Begins and ends the runs of this process; `broken` ends the test, as when one cannot be recorded."""

    def __init__(self, environment: Environment, broken: Callable[[], None], meet: Meet = _alone) -> None:
        self._environment = environment
        self._broken = broken
        self._meet = meet
        self._bookkeeper: Bookkeeper | None = None
        self._ending: gevent.Greenlet | None = None
        self._hurry = Event()
        self._herd: IdleHerd | None = None
        self.run: LoadRun | None = None
        self.trouble: list[str] = []
        """What did not go as it should, a sentence each."""

    @property
    def standing(self) -> Standing:
        return self._bookkeeper.standing if self._bookkeeper else Standing()

    def begin(self, plan: RunPlan, process: int, target: Target, *, ready: bool = True) -> None:
        """Without `ready` users wait until the run is told that it is."""
        self.trouble = []
        self._ending = None
        self._hurry = Event()
        self.run = LoadRun(plan, process, target, self._environment)
        if ready:
            self.run.ready.set()
        self._bookkeeper = Bookkeeper(self.run, self._environment, self._break_off)
        self.run.start()
        self._bookkeeper.start()
        if plan.pace.idle_herd:
            self._herd = IdleHerd(self.run, self._passing_time(self.run), self._broken)
            self._herd.start()

    def end(self) -> Sequence[str]:
        """Bring the run to its end, once; whoever calls again waits for it. Returns `trouble`."""
        if self.run is None:
            return ()
        if self._ending is None:
            # In a greenlet of its own: an interrupt of the caller must not leave the record open.
            self._ending = gevent.spawn(self._end, self.run)
        while not self._ending.ready():
            try:
                self._ending.join()
            except KeyboardInterrupt:
                self.hurry()
        return self.trouble

    @property
    def hurried(self) -> bool:
        """Whether the end did not wait for what is still owed."""
        return bool(self._hurry.is_set())

    def hurry(self) -> None:
        """Do not wait for what is still owed."""
        if not self._hurry.is_set():
            _log.info("ending at once: messages still under way will not be judged")
        self._hurry.set()

    @staticmethod
    def _passing_time(run: LoadRun) -> Callable[[float], object]:
        """What lets time pass: the target's own clock, where that can be moved."""
        url = run.target.control_url
        return gevent.sleep if url is None else StackControl(url, run.fleet.recorder).advance

    def _break_off(self) -> None:
        self._hurry.set()  # what cannot be recorded need not be waited for
        self._broken()

    def _end(self, run: LoadRun) -> None:
        deliver_s = run.target.bounds.deliver_s
        _log.info("ending: what is under way may take %g s to arrive; Ctrl-C to end at once", deliver_s)
        if self._herd is not None:
            self._herd.stop()
        wind_down(run, self._hurry, self._meet)
        try:
            run.close()
        except HarnessError as error:
            self.trouble.append(str(error))
        if self._bookkeeper is not None:
            self._bookkeeper.stop()
