"""One conformance run in progress: the fleet, what the harness may look into, and how long it waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from conformance.harness.client import Client
from conformance.harness.contract import Bounds, Contract
from conformance.harness.control import Control
from conformance.harness.deadline import Deadline, pause_until, wait_for
from conformance.harness.errors import TargetFailure, UsageError
from conformance.harness.fleet import Fleet
from conformance.harness.identify import connect_identified, identify
from conformance.harness.management import Management
from conformance.harness.plan import Plan
from conformance.harness.table import ConnectionTable
from reports.history import PhaseName

_RETIRE_AFTER = 1.05
"""In delivery bounds: whoever stays so long after its last message was owed it."""

_WATCHED = 1.1
"""In stale bounds: the last look at a row, and the last post to it, come later than the bound."""

_NOTICED_S = 1.0
"""Within which the gateway notices a cut, or else the bounds of what depends on it cannot be judged."""

_TELL_S = 10.0
_AT_ONCE = 16
"""Handshakes and questions that are under way at the same time."""
_ONE_BY_ONE = 50
"""Of a crowd: thousands would take minutes on AWS."""


_RANGES: Mapping[str, tuple[float, float, str]] = {
    "connections": (4, 5000, "--connections"),
    "churn": (0.1, 100.0, "--churn"),
    "churn_s": (1.0, 3600.0, "--churn-seconds"),
}


@dataclass(frozen=True)
class Scale:
    """How much a run does. Raises UsageError for a value outside its range."""

    seed: int
    connections: int = 12
    """Clients that stay through the churn workload."""
    churn_s: float = 10.0
    churn: float = 1.0
    """How often clients come and go and speak, as a factor."""

    def __post_init__(self) -> None:
        for name, (least, most, option) in _RANGES.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise UsageError(f"{option} must be between {least:g} and {most:g}, not {value}")


@dataclass
class Session:
    """What every workload is given."""

    fleet: Fleet
    scale: Scale
    plan: Plan
    """What the churn workload does, as saved before the first byte."""
    progress: Callable[[str], None]
    table: ConnectionTable | None = None
    management: Management | None = None
    control: Control | None = None
    """Of a local stack; None for a deployed backend."""
    _deaf: set[int] = field(default_factory=set)
    _retired: list[tuple[int, Client]] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @property
    def bounds(self) -> Bounds:
        return self.fleet.target.bounds

    @property
    def contract(self) -> Contract:
        return self.fleet.target.contract

    def phase(self, workload: str, name: PhaseName) -> None:
        self.fleet.recorder.phase(workload, name)

    @contextmanager
    def telling(self, sentence: Callable[[], str]) -> Iterator[None]:
        """Inside the block the sentence is told now and then, so that long work is seen to go on."""
        over = threading.Event()

        def tell() -> None:
            while not over.wait(_TELL_S):
                self.progress(sentence())

        thread = threading.Thread(target=tell, name="progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def clients_there(self) -> int:
        """How many clients are connected now, of any workload."""
        return sum(client.is_open for client in self.fleet.clients)

    def connect(self, group: str, count: int = 1) -> list[Client]:
        """Connect clients one after the other. Raises TargetFailure, which is recorded."""
        return [self.fleet.connect(group) for _ in range(count)]

    def connect_known(self, group: str, count: int = 1) -> list[Client]:
        """The same, learning their connection ids where that is possible. Raises TargetFailure."""
        return [connect_identified(self.fleet, group, self.table) for _ in range(count)]

    def connect_crowd(self, group: str, count: int) -> list[Client]:
        """As `connect_known`; of many the rest come several at a time, if ids can be told apart all the same.

        A control group must be sound before anything happens to it, and a backend that loses one of
        two clients that come at the same moment would have lost some of it already.
        """
        first = self.connect_known(group, min(count, _ONE_BY_ONE))
        rest = count - len(first)
        if self.fleet.error_frames_name_connections is False and self.table is not None:
            return first + self.connect_known(group, rest)
        return first + self.fleet.connect_many(
            rest, group, _AT_ONCE, lambda name: connect_identified(self.fleet, name, self.table)
        )

    def identify(self, clients: Iterable[Client]) -> None:
        """Learn the connection ids of these clients, where that is possible."""
        if self.fleet.error_frames_name_connections:
            with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="identify") as pool:
                list(pool.map(lambda client: identify(self.fleet, client, self.table), clients))
        else:
            for client in clients:
                identify(self.fleet, client, self.table)

    def look(self, clients: Iterable[Client]) -> list[Client]:
        """Those whose row is in the table now; each look is recorded."""
        if self.table is None:
            return []
        return [c for c in clients if c.connection_id is not None and self.table.observe(c.connection_id)]

    def observe(self, connection_id: str) -> bool:
        """Whether the table holds this id now; recorded."""
        return self.table is not None and self.table.observe(connection_id)

    def rows(self) -> frozenset[str]:
        """The connection ids that the table shows; empty without access to it."""
        if self.table is None:
            return frozenset()
        return frozenset(row.connection_id for row in self.table.scan()) - {""}

    def left_over(self, strangers: frozenset[str], there: Iterable[Client]) -> list[str]:
        """Ids in the table of nobody who is there, `strangers` apart: they were there before.

        The management API, where it can be asked, has the last word: a connection that the gateway
        still takes for open is not stale yet (DC-2). Without it, nothing can be said while the id of
        anybody who is there is unknown.
        """
        live = {client.connection_id for client in there}
        if not self.can_tell_left_over(there):
            return []
        candidates = sorted(self.rows() - strangers - live)
        if self.management is None:
            return candidates
        return [name for name in candidates if self.management.status(name) == "gone"]

    def can_tell_left_over(self, there: Iterable[Client]) -> bool:
        """Whether `left_over` would find a row that is left."""
        return self.management is not None or all(client.connection_id is not None for client in there)

    def noticed(self, gone: Iterable[Client]) -> list[Client]:
        """Those whose end the gateway knows of soon, where it can be asked.

        To whom it still takes for open posts are answered 200 (DC-2, MG-30): no backend can know better.
        """
        left = list(gone)
        management = self.management
        if management is None:
            return left
        unaware = [client for client in left if client.connection_id is not None]

        def all_known() -> bool:
            unaware[:] = [c for c in unaware if management.status(c.connection_id or "") == "open"]
            return not unaware

        wait_for(all_known, Deadline(_NOTICED_S), 0.05)
        return [client for client in left if client not in unaware]

    def say(
        self,
        speaker: Client,
        group: str,
        *,
        among: Sequence[Client],
        before: str = "",
        after: str = "",
        text: str | None = None,
        wait: bool = True,
    ) -> int | None:
        """Broadcast one message and wait until everybody `among` has heard it, or the bound has passed.

        Who misses one is not waited for again in this workload: the oracle judges from the record,
        and a backend that loses everything should not cost a bound per message. None when the
        message could not be sent.
        """
        try:
            if text is None:
                message = self.fleet.broadcast(speaker, group, before, after)
            else:
                message = self.fleet.broadcast_text(speaker, group, text)
        except TargetFailure:
            return None  # recorded by the fleet
        if wait:
            self.await_heard(message, speaker, among)
        return message

    def await_heard(self, message: int, speaker: Client, among: Iterable[Client]) -> list[Client]:
        """Wait until those who are owed the message have heard it; returns who has not."""
        missing = self.fleet.wait_heard(message, self.owed(speaker, among), Deadline(self.bounds.deliver_s))
        self._deaf |= {client.number for client in missing}
        return missing

    def await_heard_by_all(self, message: int, speaker: Client, among: Iterable[Client]) -> None:
        """The same with those who missed something before: what comes next is to meet no post of it."""
        self.fleet.wait_heard(message, self._hearers(speaker, among), Deadline(self.bounds.deliver_s))

    def owed(self, speaker: Client, among: Iterable[Client]) -> list[Client]:
        """Those who should hear the speaker and are worth waiting for."""
        return [client for client in self._hearers(speaker, among) if client.number not in self._deaf]

    def _hearers(self, speaker: Client, among: Iterable[Client]) -> list[Client]:
        echo = self.contract.echo_to_sender
        return [client for client in among if client.is_open and (client is not speaker or echo)]

    def retire(self, clients: Iterable[Client]) -> None:
        """Let these clients go once everything that was sent so far is owed to them.

        They leave in the background while the next workload runs; what that one sends is owed to
        none of them, so damage done to them does not count twice.
        """
        due_ns = time.monotonic_ns() + int(_RETIRE_AFTER * self.bounds.deliver_s * 1e9)
        self._retired += [(due_ns, client) for client in clients]
        self._deaf.clear()

    def await_retired(self) -> None:
        """Wait until all who were retired are gone, for a workload in which nobody may leave."""
        wait_for(lambda: not self._retired, Deadline(2 * _RETIRE_AFTER * self.bounds.deliver_s), 0.05)

    def pause(self, seconds: float) -> None:
        """Leave the backend alone for so long: between two rounds of one workload."""
        pause_until(time.monotonic_ns() + int(seconds * 1e9), self._stop)

    def young(self) -> Deadline:
        """From now, while the `$connect` of those who have just come might be running."""
        return Deadline(self.bounds.connect_s)

    def until_stale(self, young: Deadline) -> Deadline:
        """From now, until the rows of clients that are gone have had their time to go, and been watched."""
        return Deadline(young.remaining() + _WATCHED * self.bounds.stale_s)

    def settle(self) -> None:
        """Wait until everything that was sent so far is owed to whoever is still there."""
        self.pause(_RETIRE_AFTER * self.bounds.deliver_s)

    @contextmanager
    def retiring(self) -> Iterator[None]:
        """Runs the retirement in the background; whoever is left at the end goes with the fleet."""
        thread = threading.Thread(target=self._retire_when_due, name="retirement", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _retire_when_due(self) -> None:
        while not self._stop.wait(0.1):
            now = time.monotonic_ns()
            for due_ns, client in list(self._retired):
                if due_ns <= now:
                    client.close()
                    self._retired.remove((due_ns, client))
