"""Looks into the connection table around a load: whose rows are left when everybody has gone?

Nobody's connection id is asked for, which would cost a message each. Rows that were there before the load
are nobody's here, and so are those of connections that the management API knows as open: other people's.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Set
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import gevent
from gevent.event import Event

from conformance.harness.deadline import Deadline
from conformance.harness.errors import ChurnproofError, TargetFailure
from conformance.harness.management import Management
from conformance.harness.recorder import Recorder
from conformance.harness.table import ConnectionTable
from conformance.harness.target import Target
from reports.history_writer import HistoryWriter

from ._unrecorded_fleet import unrecorded_fleet

_log = logging.getLogger("churnproof")

PROCESS = 9999
"""Its record stands beside those of the processes that drive users, who are numbered from 0."""
_LOOK_S = 0.4
_WATCHED = 1.1
"""So many stale bounds are waited for, so that a row which goes just in time is seen to have gone."""


class TableWatch:
    """The table of one target, for as long as the `with` block runs."""

    def __init__(self, target: Target) -> None:
        """Raises UsageError for a table or a management API that cannot be used, and HarnessError."""
        assert target.table is not None
        self._target = target
        self._recorder: Recorder | None = None
        self._strangers: Set[str] = frozenset()
        self._seen: set[str] = set()
        self._looked = False
        with ExitStack() as stack:
            self._table = stack.enter_context(ConnectionTable(target.table, target.credentials))
            self._management: Management | None = None
            if target.management is not None:
                self._management = stack.enter_context(
                    closing(Management(target.management, target.credentials))
                )
            self._table.shown_ids()  # who may not read it hears so before the load
            self._open = stack.pop_all()

    def close(self) -> None:
        """Raises ChurnproofError."""
        self._open.close()

    def begin(self, folder: Path) -> None:
        """A load is about to begin: rows that are there now are not its own. Raises ChurnproofError."""
        self._recorder = Recorder(HistoryWriter(folder, process=PROCESS, secrets=self._target.secrets))
        self._strangers = self._table.shown_ids()
        self._seen, self._looked = set(), False

    def look(self) -> None:
        """Everybody is there: note whose rows are. Once in a load; a second call does nothing."""
        if self._looked:
            return
        self._looked = True
        with self._told():
            self._observe(self._own_ids())

    def finish(self, hurry: Event) -> None:
        """Everybody has gone: wait until no row is left, for as long as the bounds give the backend.

        First in silence (DISC-01), then while somebody broadcasts, who meets what is stale (STALE-02). What
        is left in the end is recorded, unless `hurry` was set or the table could not be read.
        Raises HarnessError when the record is not whole.
        """
        recorder, self._recorder = self._recorder, None
        if recorder is None:
            return
        try:
            with self._told():
                left = self._left_of(self._own_ids(), Deadline(self._target.bounds.cleanup_s), hurry)
                if left and not hurry.is_set():
                    left = self._left_after_broadcasts(left, hurry)
                if not hurry.is_set():
                    self._recorder = recorder
                    self._observe(left)
        finally:
            self._recorder = None
            recorder.close()

    def _left_after_broadcasts(self, left: Set[str], hurry: Event) -> Set[str]:
        bounds = self._target.bounds
        # A 410 also answers posts to a client whose `$connect` is still running (RC-1), and who came last
        # came just now.
        patience = Deadline(bounds.connect_s + _WATCHED * bounds.stale_s)
        _log.info("broadcasting until %d rows are removed, for at most %.0f s", len(left), patience.seconds)
        with unrecorded_fleet(self._target) as fleet:
            speaker = fleet.connect("rows")

            def speak() -> None:
                with suppress(TargetFailure):
                    fleet.broadcast(speaker, "rows")

            left = self._left_of(left, patience, hurry, speak)
        if self._management is None:
            return left
        return {known for known in left if self._management.status(known) == "gone"}

    def _left_of(
        self, ids: Set[str], deadline: Deadline, hurry: Event, meanwhile: Callable[[], None] = lambda: None
    ) -> Set[str]:
        """Those of the ids that are still in the table when all are gone, or the deadline has passed."""
        while ids and not hurry.is_set():
            last = deadline.expired()
            ids = ids & self._table.shown_ids()
            if last:
                break
            if ids:
                meanwhile()
                hurry.wait(_LOOK_S)
        return ids

    def _own_ids(self) -> Set[str]:
        return self._table.shown_ids() - self._strangers

    def _observe(self, present: Set[str]) -> None:
        """Record which of all the ids that were ever seen are there now."""
        if self._recorder is None:
            return
        started_ns = time.monotonic_ns()
        self._seen |= present
        for known in sorted(self._seen):
            self._recorder.row_observed(started_ns, known, present=known in present)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What goes wrong with the table costs its own evidence, and nothing else."""
        try:
            yield
        except (ChurnproofError, TargetFailure) as error:
            _log.warning("the connection table could not be watched: %s", error)


def in_patience(act: Callable[[], None], hurry: Event) -> None:
    """Do it in a greenlet; an interrupt sets `hurry`, and it is waited for all the same."""
    greenlet = gevent.spawn(act)
    while not greenlet.ready():
        try:
            greenlet.join()
        except KeyboardInterrupt:
            hurry.set()
    greenlet.get()
