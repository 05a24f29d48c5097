"""One load test in one process, as its users see it: they connect, speak and wait through it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import gevent
from gevent.event import Event
from locust.env import Environment

from conformance.harness.client import Client
from conformance.harness.errors import HarnessError, TargetFailure
from conformance.harness.receive_times import ReceiveTimes
from conformance.harness.target import Target
from reports.history import PhaseName
from reports.history_writer import HistoryWriter

from . import _locust_statistics as statistics
from ._connect_turns import ConnectTurns
from ._dice import Dice
from ._live_tally import LiveTally
from ._load_fleet import LoadFleet
from ._options import Pace
from ._payload import after, before
from ._storms import Storms

Group: TypeAlias = Literal["stayer", "joiner", "misbehaver"]

WORKLOAD = "churn"
"""Messages of a load test are in the groups `churn/main` and `churn/final`, which clauses select by."""

MARGIN_S = 0.5
"""Beyond the delivery bound: until all workers agree that it has passed."""


@dataclass(frozen=True)
class RunPlan:
    """What all processes of a load test agree on."""

    folder: Path
    run: str
    """Names the run in its envelopes."""
    seed: int
    pace: Pace
    churn: bool
    """Whether clients are to come and go."""
    receive_times: ReceiveTimes


class Participant(Protocol):
    """What a run needs to know of a user."""

    client: Client | None
    """Its connection, while it has one."""
    churns: bool
    speaks: bool

    def wake(self) -> None:
        """End its rest, if it has one."""


class LoadRun:
    """Everything that users do goes through here, into the history and into Locust's statistics."""

    def __init__(self, plan: RunPlan, process: int, target: Target, environment: Environment) -> None:
        self.plan = plan
        self.target = target
        self.fleet = LoadFleet(
            target,
            HistoryWriter(plan.folder, process=process, secrets=target.secrets),
            plan.run,
            plan.receive_times,
        )
        self.tally = LiveTally(round((target.bounds.deliver_s + MARGIN_S) * 1e9))
        self.participants: list[Participant] = []
        self.calm = Event()
        """Nobody leaves any more, and who is away comes back."""
        self.quiet = Event()
        """No talker speaks of its own accord."""
        self.over = Event()
        """Users are to go; nobody connects any more."""
        self.ready = Event()
        """Users may begin: this host's clock has been compared with the master's, if it is another."""
        self.last_spoken_ns = 0
        self.return_within_s = 0.0
        """Users that lost their connection come back within so long."""
        self._process = process
        self._environment = environment
        self._dice = 0
        self._connecting: set[gevent.Greenlet] = set()
        self._turns = ConnectTurns()
        self._open: dict[int, Client] = {}
        """Connections, by number, whose end was not noticed yet."""
        self._storms: Storms | None = None

    @property
    def stormy(self) -> bool:
        """Whether everybody is cut off now and then, by us or by the other side."""
        return self.plan.pace.storm_every_s is not None or self.plan.pace.idle_herd

    @property
    def clients(self) -> list[Client]:
        """Those that users have now."""
        return [user.client for user in self.participants if user.client is not None]

    def start(self) -> None:
        self.fleet.open()
        self.phase("main")
        pace = self.plan.pace
        if pace.idle_herd:
            self.calm.set()
            self.quiet.set()
        if pace.storm_every_s is not None:
            self._storms = Storms(self, pace.storm_every_s, pace.storm_jitter_s)
            self._storms.start()

    def phase(self, name: PhaseName) -> None:
        self.fleet.recorder.phase(WORKLOAD, name)

    def new_dice(self) -> Dice:
        """For one user alone."""
        self._dice += 1
        return Dice(f"{self.plan.seed}/{self._process}/{self._dice}")

    def enrol(self, user: Participant) -> None:
        self.participants.append(user)

    def dismiss(self, user: Participant) -> None:
        self.participants.remove(user)

    def connect(self, group: Group) -> Client | None:
        """Open a connection; None when the target does not let us in, which is recorded."""
        if self.over.is_set():
            return None
        self._connecting.add(gevent.getcurrent())
        try:
            self._turns.wait()
            started_ns = time.monotonic_ns()
            client = self.fleet.connect(group)
        except TargetFailure as failure:
            self._request(statistics.CONNECT, started_ns, 0, failure)
            return None
        except HarnessError:
            return None  # the history cannot be written; the bookkeeper ends the run
        finally:
            self._connecting.discard(gevent.getcurrent())
        self._request(statistics.CONNECT, started_ns, 0)
        self.tally.connected(time.monotonic_ns())
        self._open[client.number] = client
        return client

    def speak(
        self, client: Client, intended_ns: int, free_ns: int = 0, part: Literal["main", "final"] = "main"
    ) -> None:
        """Broadcast one message; its latency counts from `intended_ns`, whenever it is sent.

        `free_ns` is when the speaker was done with the message before: what kept it until then was the
        target, not this generator.
        """
        self.last_spoken_ns = now_ns = time.monotonic_ns()
        self.fleet.heartbeat.lagged(now_ns - max(intended_ns, free_ns))
        size = self.plan.pace.payload_bytes
        told_ns = intended_ns - self.fleet.ahead_ns
        texts = before(told_ns), after(told_ns, size)
        try:
            message = self.fleet.broadcast(client, f"{WORKLOAD}/{part}", *texts, intended_ns)
        except TargetFailure as failure:
            self._request(statistics.SEND, intended_ns, size, failure)
            return
        self._request(statistics.SEND, intended_ns, size)
        self.tally.spoken(message, intended_ns, time.monotonic_ns())

    def misbehave(self, client: Client, kind: str, text: str) -> None:
        """Send what no application asks for; nothing is owed for it."""
        failure: TargetFailure | None = None
        try:
            self.fleet.mischief(client, kind, text)
        except TargetFailure as error:
            failure = error
        statistics.request(self._environment, statistics.MISCHIEF, None, len(text), failure)

    def pause(self, seconds: float, until: Event) -> bool:
        """True when so many seconds have passed; False as soon as `until` is set."""
        return not until.wait(max(0.0, seconds))

    def notice_partings(self) -> None:
        """Find the connections that have ended, and wake those who rest on them."""
        gone = [number for number, client in self._open.items() if not client.is_open]
        for number in gone:
            del self._open[number]
            self.tally.disconnected(time.monotonic_ns())
        for user in self.participants:
            if user.client is not None and not user.client.is_open:
                user.wake()
        self.fleet.forget_gone()

    def close(self) -> None:
        """Tell users that the run is over, and close every connection and the history.

        Raises HarnessError if the history is not whole.
        """
        self.over.set()
        if self._storms is not None:
            self._storms.stop()
        gevent.killall(list(self._connecting))
        try:
            self.fleet.close()
        finally:
            for user in self.participants:
                user.wake()

    def _request(self, name: str, since_ns: int, size: int, failure: TargetFailure | None = None) -> None:
        elapsed_ms = (time.monotonic_ns() - since_ns) / 1e6
        statistics.request(self._environment, name, elapsed_ms, size, failure)
