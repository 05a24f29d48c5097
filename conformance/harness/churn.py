"""Performs a plan against a fleet, on the plan's schedule whatever the backend does.

Open model: an action begins when the plan says so, not when the answer to an earlier one has come,
so that a slow backend does not slow its own test down. Only within a slot do actions wait for each
other, as a client cannot speak before it has connected.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .client import CONNECT_S, Client
from .deadline import Deadline, pause_until
from .errors import TargetFailure
from .fleet import Fleet
from .plan import Abort, Action, Burst, Close, Connect, Plan, Reconnect, Send, StopReading, Vanish

_WORKERS = 32
_MOST_WORKERS = 256


Outcome: TypeAlias = Literal["done", "failed", "skipped", "cut off"]
"""`failed`: the target refused or broke it, which the history has in detail; `skipped`: its slot had no
open client, as when the connect had failed; `cut off`: not begun before the deadline."""


@dataclass(frozen=True)
class Performed:
    """What became of a plan."""

    clients: dict[int, Client] = field(default_factory=dict)
    """The last client of each slot, open or not."""
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    """How many actions came to what."""


def perform(
    fleet: Fleet,
    plan: Plan,
    deadline: Deadline,
    *,
    group: str = "churn",
    there: Mapping[int, Client] | None = None,
    workers: int | None = None,
) -> Performed:
    """Perform the plan; returns when all is done, or soon after the deadline.

    Messages are sent in `group`; `there` are clients that are in their slots already. Never raises for
    what the target does: failures are recorded and counted. Clients that the plan leaves open stay
    open. Raises HarnessError when the history cannot be written.
    """
    run = _Run(fleet, group, deadline)
    run.result.clients.update(there or {})
    pool = ThreadPoolExecutor(workers or _workers_for(plan), thread_name_prefix="churn")
    try:
        run.dispatch(plan, pool)
        run.wait()
    finally:
        run.stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
    if run.fault is not None:
        raise run.fault
    fleet.check()
    return run.result


def _workers_for(plan: Plan) -> int:
    """As many as there are actions in the busiest second: a handshake may take that long."""
    per_second = Counter(int(action.at_s) for action in plan.actions)
    return max(_WORKERS, min(_MOST_WORKERS, max(per_second.values(), default=0)))


class _Slot:
    """The actions of one slot that are due, and whether somebody is at work on them."""

    def __init__(self) -> None:
        self.due: deque[tuple[Action, int]] = deque()
        self.busy = False


class _Run:
    def __init__(self, fleet: Fleet, group: str, deadline: Deadline) -> None:
        self.fleet = fleet
        self.result = Performed()
        self.stop = threading.Event()
        self.fault: BaseException | None = None
        """What went wrong on our side."""
        self._group = group
        self._deadline = deadline
        self._slots: dict[int, _Slot] = {}
        self._pending = 0
        self._changed = threading.Condition()

    def dispatch(self, plan: Plan, pool: ThreadPoolExecutor) -> None:
        """Hand each action over when it is due."""
        start = time.monotonic_ns()
        end = start + int(self._deadline.remaining() * 1e9)
        for number, action in enumerate(plan.actions):
            due = start + int(action.at_s * 1e9)
            if due > end or not pause_until(due, self.stop):
                with self._changed:
                    self.result.outcomes["cut off"] += len(plan.actions) - number
                return
            self.fleet.heartbeat.lagged(time.monotonic_ns() - due)
            self._hand_over(action, due, pool)

    def wait(self) -> None:
        """Until nothing is pending, or the deadline has passed."""
        with self._changed:
            self._changed.wait_for(
                lambda: not self._pending or self.fault is not None, self._deadline.remaining()
            )

    def _hand_over(self, action: Action, due_ns: int, pool: ThreadPoolExecutor) -> None:
        with self._changed:
            slot = self._slots.setdefault(action.slot, _Slot())
            slot.due.append((action, due_ns))
            self._pending += 1
            if not slot.busy:
                slot.busy = True
                pool.submit(self._work, slot, time.monotonic_ns()).add_done_callback(self._worked)

    def _worked(self, future: Future[None]) -> None:
        if not future.cancelled() and (fault := future.exception()) is not None:
            with self._changed:
                self.fault = self.fault or fault
                self.stop.set()
                self._changed.notify_all()

    def _work(self, slot: _Slot, submitted_ns: int) -> None:
        """Perform what is due in one slot, in order."""
        # Waiting for a free worker is the harness's lateness; waiting for the slot's own connect is not.
        self.fleet.heartbeat.lagged(time.monotonic_ns() - submitted_ns)
        while True:
            with self._changed:
                if not slot.due:
                    slot.busy = False
                    return
                action, due_ns = slot.due.popleft()
            outcome = self._attempt(action, due_ns)
            with self._changed:
                self.result.outcomes[outcome] += 1
                self._pending -= 1
                self._changed.notify_all()

    def _attempt(self, action: Action, due_ns: int) -> Outcome:
        if self.stop.is_set() or self._deadline.expired():
            return "cut off"
        try:
            return "done" if self._do(action, due_ns) else "skipped"
        except TargetFailure:
            return "failed"

    def _do(self, action: Action, due_ns: int) -> bool:
        if isinstance(action, Connect | Reconnect):
            timeout_s = min(CONNECT_S, self._deadline.remaining())
            self.result.clients[action.slot] = self.fleet.connect(action.group, timeout_s)
            return True
        client = self.result.clients.get(action.slot)
        if client is None or (client.is_gone if isinstance(action, Vanish) else not client.is_open):
            return False
        match action:
            case Send():
                self.fleet.broadcast(client, self._group, action.before, action.after, due_ns)
            case Burst():
                for _ in range(action.count):
                    self.fleet.broadcast(client, f"{self._group}/burst", intended_ns=due_ns)
            case Close():
                client.close(action.code)
            case Abort() | Vanish():
                client.abort()
            case StopReading():
                client.stop_reading()
        return True
