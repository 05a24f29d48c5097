"""A lone Locust process: decides, and drives the users itself."""

from __future__ import annotations

from locust.env import Environment

from reports.results import Exit

from ._bookkeeping import Standing
from ._control import Control
from ._driver import Driver
from ._load_run import LoadRun
from ._role import stop_test


class Alone:
    """The role of a process without workers."""

    def __init__(self, environment: Environment, control: Control) -> None:
        self._control = control
        self._driver = Driver(environment, lambda: stop_test(environment))

    @property
    def run(self) -> LoadRun | None:
        return self._driver.run

    @property
    def standing(self) -> Standing:
        return self._driver.standing

    def begin(self) -> None:
        self._driver.begin(self._control.plan(), 0, self._control.target)

    def end(self) -> None:
        self._control.look_at_rows()
        self._driver.end()

    def conclude(self, *, final: bool) -> Exit | None:
        broken = [*self._driver.end(), *self._control.await_rows(hurried=self._driver.hurried)]
        broken += self._control.close() if final else ()
        self._control.judge(broken)
        if not final:
            self._control.tell()
        return self._control.exit

    def hurry(self) -> None:
        self._driver.hurry()
