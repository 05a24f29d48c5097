"""Locust's master: decides; its workers drive the users, record, and say when their record is whole."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from locust.env import Environment
from locust.rpc import Message
from locust.runners import STATE_MISSING, MasterRunner

from conformance.harness.client import CLOSE_S
from conformance.harness.deadline import Deadline, wait_for
from reports.history_writer import HistoryWriteError, clock_name
from reports.results import Exit

from . import _crew as crew
from ._bookkeeping import Standing
from ._control import Control
from ._ending import POINTS, longest_s
from ._far_record import Piece
from ._load_run import LoadRun
from ._received_records import ReceivedRecords
from ._role import stop_test
from ._typed_locust import listen, on_message, options_of, tell

_log = logging.getLogger("churnproof")

_POLL_S = 0.02
_GRACE_S = 10.0
"""For the slowest worker to write its history."""


class Master:
    """The role of the process that `--master` or `--processes` makes."""

    run: LoadRun | None = None

    def __init__(self, environment: Environment, runner: MasterRunner, control: Control) -> None:
        self._environment = environment
        self._runner = runner
        self._control = control
        self._standings: dict[str, Standing] = {}
        self._finished: dict[str, Sequence[str]] = {}
        self._at: dict[str, set[str]] = {}
        self._running = False
        self._asked = False
        self._hurried = False
        self._refusal: str | None = None
        self._records: ReceivedRecords | None = None
        self._unrecorded: list[str] = []
        self._patience = Deadline(0.0)
        listen(environment.events.worker_report, self._worker_stands)
        on_message(runner, crew.AT, self._worker_is_at)
        on_message(runner, crew.FINISHED, self._worker_finished)
        on_message(runner, crew.REFUSED, self._worker_refused)
        on_message(runner, crew.CLOCK, self._tell_time)
        on_message(runner, crew.RECORD, self._take_record)

    @property
    def standing(self) -> Standing:
        return sum(self._standings.values(), Standing())

    def begin(self) -> None:
        self._standings, self._finished, self._asked, self._hurried = {}, {}, False, False
        self._at = {point: set() for point in POINTS}
        self._running = True
        control = self._control
        order = crew.Order(control.plan(), control.target_spec, clock_name(), control.texts())
        self._records, self._unrecorded = ReceivedRecords(order.plan.folder), []
        setattr(options_of(self._environment), crew.PLAN, order.to_message())

    def end(self) -> None:
        """Have all workers wind down at the same time, and wait until they have."""
        if not self._running:
            return
        if not self._asked:
            self._asked = True
            self._control.look_at_rows()
            tell(self._runner, crew.FINISH)
        longest = longest_s(self._control.target.bounds.deliver_s) + CLOSE_S + _GRACE_S
        self._patience = Deadline(longest)
        while not self._patience.expired():
            try:
                if wait_for(self._all_have_finished, self._patience, _POLL_S):
                    break
            except KeyboardInterrupt:
                self.hurry()
        self._running = False
        if self._records is not None:
            self._records.close()

    def conclude(self, *, final: bool) -> Exit | None:
        self.end()
        broken = [text for texts in self._finished.values() for text in texts]
        broken += [*self._unrecorded, *self._control.await_rows(hurried=self._hurried)]
        broken += self._control.close() if final else ()
        if self._refusal is not None:
            sys.stderr.write(f"churnproof: {self._refusal}\n")
            return Exit.USAGE
        self._control.judge(broken)
        if not final:
            self._control.tell()
        return self._control.exit

    def hurry(self) -> None:
        self._hurried = True
        tell(self._runner, crew.HURRY)

    def _all_have_finished(self) -> bool:
        awaited = self._awaited()
        for point in [point for point, there in self._at.items() if awaited and awaited <= there]:
            del self._at[point]
            tell(self._runner, crew.GO, point)
        return not awaited

    def _awaited(self) -> set[str]:
        """The workers that live and have not finished."""
        clients = self._runner.clients
        return {w for w in clients if w not in self._finished and clients[w].state != STATE_MISSING}

    def _worker_stands(self, client_id: str, data: Mapping[str, Any]) -> None:
        if crew.STANDING in data:
            self._standings[client_id] = Standing(*data[crew.STANDING])

    def _worker_is_at(self, msg: Message) -> None:
        if self._asked:
            self._at.get(msg.data, set()).add(msg.node_id)
        else:  # it ends for reasons of its own, and nobody else will come
            tell(self._runner, crew.GO, msg.data, worker=msg.node_id)

    def _tell_time(self, msg: Message) -> None:
        tell(self._runner, crew.CLOCK, [msg.data, clock_name(), time.monotonic_ns()], worker=msg.node_id)

    def _take_record(self, msg: Message) -> None:
        piece = Piece(*msg.data)
        if self._records is None or not self._running:
            return
        try:
            length = self._records.take(piece)
        except HistoryWriteError as error:
            self._unrecorded.append(str(error))
            return
        tell(self._runner, crew.RECORD, [piece.suffix, length], worker=msg.node_id)
        if self._asked and self._patience.remaining() < _GRACE_S:
            _log.info("waiting for the record of w%d: %.1f MB of all are here", piece.process, length / 1e6)
            self._patience = Deadline(2 * _GRACE_S)

    def _worker_finished(self, msg: Message) -> None:
        self._finished[msg.node_id] = list(msg.data)
        if msg.data and not self._asked:
            stop_test(self._environment)

    def _worker_refused(self, msg: Message) -> None:
        self._finished[msg.node_id] = []
        if self._refusal is None:
            self._refusal = str(msg.data)
            stop_test(self._environment)
