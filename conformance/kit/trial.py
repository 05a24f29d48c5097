"""The clients of one test, and the verdict on what they heard."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from conformance.checkers.case import Case
from conformance.harness.client import Client
from conformance.harness.deadline import Deadline, wait_for
from conformance.harness.errors import UsageError
from conformance.harness.fleet import Fleet
from conformance.harness.identify import connect_identified
from conformance.harness.planting_ledger import PlantingLedger
from conformance.harness.table import ConnectionTable
from conformance.harness.target import Target
from conformance.workloads.drawn_by_hypothesis import live_settings
from reports.history_reader import read_history
from reports.history_writer import HistoryWriter

from .delivery_verdict import problem_of

_LOOK_S = 0.1
_SPEAK_AGAIN_S = 0.4
_EXAMPLES = 12
_STEPS = 10
_IMPATIENT_S = 1.0
"""The first failure of a search is waited for in full; attempts to shrink it need not be."""


class UndeliveredError(AssertionError):
    """Broadcasts were not heard as they should be; the text tells which, with timelines."""


@dataclass(frozen=True)
class _Said:
    """A broadcast, with those who should hear it and the time by which they must have."""

    message: int
    ears: tuple[Client, ...]
    due_ns: int


class Trial:
    """Connects clients to one backend, speaks through them, and asserts from the record.

    A context manager: leaving it closes every client and removes every row that it planted.
    """

    def __init__(self, target: Target, folder: Path) -> None:
        self.target = target
        self.bounds = target.bounds
        """What `broadcast` and the assertions wait for."""
        self.fleet: Fleet
        """The harness underneath, for whatever is not offered here."""
        self.table: ConnectionTable | None = None
        """The connection table, where the target gives access to it."""
        self._folder = folder
        self._chapter = 0
        self._said: list[_Said] = []
        self._young: dict[str, Deadline] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.fleet = stack.enter_context(Fleet(self.target, HistoryWriter(self._folder)))
            if self.target.table is not None:
                self.table = stack.enter_context(
                    ConnectionTable(
                        self.target.table,
                        self.target.credentials,
                        self.fleet.recorder,
                        PlantingLedger(self._folder),
                    )
                )
            self._open = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def connect(self) -> Client:
        """A new client. Raises TargetFailure when the backend does not let it in."""
        return self.fleet.connect("trial")

    def connect_many(self, count: int) -> list[Client]:
        """So many new clients, one after the other."""
        return [self.connect() for _ in range(count)]

    def send(self, speaker: Client, text: str = "") -> None:
        """Broadcast a message that ends with `text`. Raises TargetFailure when it cannot be sent."""
        echo = self.target.contract.echo_to_sender
        ears = [c for c in self.fleet.clients if c.is_open and (echo or c is not speaker)]
        due_ns = time.monotonic_ns() + int(self.bounds.deliver_s * 1e9)
        message = self.fleet.broadcast(speaker, self._group, after=text)
        self._said.append(_Said(message, tuple(ears), due_ns))

    def broadcast(self, speaker: Client, text: str = "") -> list[Client]:
        """The same, and wait until everybody who is there has heard it, or the delivery bound has passed.

        Returns those who have not heard it.
        """
        self.send(speaker, text)
        return self._await(self._said[-1])

    def problem(self) -> str:
        """What went wrong with the broadcasts so far, with timelines; empty when nothing did.

        Waits for what is still due. Whoever left may have heard a broadcast or not.
        """
        for said in self._said:
            self._await(said)
        self.fleet.recorder.note("judged")  # the record now reaches past everything that was due
        self.fleet.recorder.flush()
        self.fleet.check()
        case = Case(read_history(self._folder), self.target.contract, self.bounds)
        return problem_of(case, self._group)

    def assert_delivered(self) -> None:
        """Everybody heard every broadcast of their stay: once, in time, and as it was sent.

        Raises UndeliveredError otherwise, and when there was nothing that anybody heard.
        """
        __tracebackhide__ = True
        if problem := self.problem():
            raise UndeliveredError(problem)
        if not any(self.fleet.heard(said.message) for said in self._said):
            raise UndeliveredError("nothing was proven: no broadcast of this test reached anybody")

    def stale_row(self) -> str:
        """Leave the row of a connection that is gone in the table, as the application wrote it.

        Returns its connection id. Raises UsageError without access to the table.
        """
        table = self._table()
        client = connect_identified(self.fleet, "ghost", table)
        young = Deadline(self.bounds.connect_s)
        row = table.find(client.connection_id or "")
        client.close()
        if row is None:
            raise UsageError("no row of the table holds the connection id of a client that is connected")
        ghost = row.connection_id
        wait_for(lambda: not table.present([ghost]), Deadline(self.bounds.cleanup_s), _LOOK_S)
        table.plant(row)
        table.record_planted(ghost, "gone", "unknown")
        self._young[ghost] = young
        return ghost

    def assert_removed(self, connection_id: str, speaker: Client) -> None:
        """The row goes within the stale bound while `speaker` broadcasts. Raises AssertionError.

        The bound begins when its `$connect` can no longer be running: until then a 410 proves nothing.
        """
        __tracebackhide__ = True
        young_s = self._young[connection_id].remaining() if connection_id in self._young else 0.0
        table, bound = self._table(), Deadline(young_s + self.bounds.stale_s)
        while table.observe(connection_id):
            if bound.expired():
                raise AssertionError(
                    f"the row of {connection_id}, a connection that is gone, is still in the table after "
                    f"{bound.seconds:g} s of broadcasts"
                )
            self.broadcast(speaker)
            wait_for(lambda: not table.observe(connection_id), Deadline(_SPEAK_AGAIN_S), _LOOK_S)

    def explore(
        self,
        machine: Callable[[Trial], RuleBasedStateMachine],
        settings: hypothesis_settings | None = None,
    ) -> None:
        """Let Hypothesis search for the shortest sequence of the machine's steps that fails.

        `machine` is ConnectionsMachine or a subclass of it. Raises what the shortest sequence
        raises, with its steps; UndeliveredError where a failure did not come again.
        """
        __tracebackhide__ = True
        try:
            # Hypothesis takes any factory, whatever its annotation says.
            factory = cast("type[RuleBasedStateMachine]", partial(machine, self))
            run_state_machine_as_test(factory, settings=settings or live_settings(_EXAMPLES, steps=_STEPS))
        except UndeliveredError as error:
            # Without the frames of Hypothesis: its note holds the steps.
            raise UndeliveredError("\n".join([str(error), *getattr(error, "__notes__", ())])) from None
        except Flaky as error:
            raise UndeliveredError(f"some steps failed, and not when they were repeated: {error}") from error
        finally:
            self.bounds = self.target.bounds

    def begin_example(self) -> None:
        """What was sent until now is judged no more."""
        self._chapter += 1
        self._said.clear()

    def hurry(self) -> None:
        """From now on wait less: a failure was found, and is only to be shrunk."""
        self.bounds = replace(self.bounds, deliver_s=min(self.bounds.deliver_s, _IMPATIENT_S))

    @property
    def _group(self) -> str:
        return f"trial{self._chapter}/"

    def _await(self, said: _Said) -> list[Client]:
        """Those who are still there and have not heard it when it is due."""
        left_s = max(0, said.due_ns - time.monotonic_ns()) / 1e9
        there = [client for client in said.ears if client.is_open]
        return [c for c in self.fleet.wait_heard(said.message, there, Deadline(left_s)) if c.is_open]

    def _table(self) -> ConnectionTable:
        if self.table is None:
            raise UsageError("this needs the connection table: [table] in a target file")
        return self.table
