"""What a checker is given, and what it answers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import compress
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from conformance.harness.contract import Bounds, Contract
from conformance.harness.oracle import EVERYBODY, Ears, Judgement, judge
from reports.history import MISCHIEF, FrameReceived, RowObserved
from reports.history_reader import Connection, History, Message
from reports.metrics import CROWDED
from reports.results import Finding, Outcome
from reports.trace import Invocation

_LAG_SHARE = 0.1
"""A harness that lagged by more than this share of a bound cannot say that the bound was missed: it has
little to do, and what kept it waiting keeps a backend of many processes waiting many times over."""

_AVERAGED_NS = 30_000_000_000
"""A load average of one minute speaks of what was, not of what is."""

_EVER_NS = sys.maxsize

_Chosen: TypeAlias = bytes
"""Whether each message of the history is meant."""

_PROVOKED = ("fault/", "limit/slow")
"""Groups of messages that some of those who were there need not have heard."""


@dataclass(frozen=True)
class Judged:
    """A checker's answer. `evidence` names the counts that it rests on."""

    outcome: Outcome
    reason: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    suspected: bool = False
    """Violations were seen that do not count: they still explain what follows from them."""


def passed(**evidence: Any) -> Judged:  # noqa: ANN401 - counts and names
    return Judged(Outcome.PASS, "", evidence)


def unknown(reason: str, **evidence: Any) -> Judged:  # noqa: ANN401 - counts and names
    """Less evidence than the clause demands."""
    return Judged(Outcome.UNKNOWN, reason, evidence)


def suspected(reason: str, **evidence: Any) -> Judged:  # noqa: ANN401 - counts and names
    """Violations that may be the machine's fault: unknown, and what follows from them is unknown too."""
    return Judged(
        Outcome.UNKNOWN, f"{reason}, but the machine was too busy to tell", evidence, suspected=True
    )


def failed(reason: str, findings: Iterable[Finding] = (), **evidence: Any) -> Judged:  # noqa: ANN401 - counts
    """A violation. For a SHOULD the runner turns it into `non-strict`."""
    return Judged(Outcome.FAIL, reason, evidence, tuple(findings))


@dataclass(frozen=True, eq=False, repr=False)
class Case:
    """A run's history with the contract that it is held against; what is asked of it is worked out once."""

    history: History
    contract: Contract
    bounds: Bounds
    secrets_of_target: tuple[str, ...] = ()
    """Names that no client may see: the table's name, the account's resources."""
    _judgements: dict[tuple[_Chosen, Ears], Judgement] = field(default_factory=dict)
    _chosen: dict[tuple[str, ...], _Chosen] = field(default_factory=dict, init=False)
    _frames: dict[int, list[FrameReceived]] = field(default_factory=dict)
    _rows: dict[str, list[RowObserved]] = field(default_factory=dict)
    _runs: dict[str, list[Invocation]] = field(default_factory=dict)
    _clauses: dict[str, Judged] = field(default_factory=dict, init=False)

    def once(self, clause: str, checker: Checker) -> Judged:
        """What the clause's checker finds, asked once: others may be explained by it."""
        if clause not in self._clauses:
            self._clauses[clause] = checker(self)
        return self._clauses[clause]

    def pairs(self, *groups: str, ears: Ears = EVERYBODY) -> Judgement:
        """The pairs of all messages whose group begins with one of `groups`, judged once.

        Those of everybody with their latencies (`Judgement.pairs`).
        """
        if groups not in self._chosen:
            self._chosen[groups] = self._those(lambda message: message.group.startswith(groups))
        return self._judged(self._chosen[groups], ears)

    def figures(self, since_ns: int = 0, until_ns: int = _EVER_NS) -> Judgement:
        """The pairs of all messages that were intended between these times, but for those sent while
        something was provoked that makes some miss them."""

        def select(message: Message) -> bool:
            return since_ns <= message.intended_ns < until_ns and not message.group.startswith(_PROVOKED)

        return self._judged(self._those(select), EVERYBODY)

    def _those(self, select: Callable[[Message], bool]) -> _Chosen:
        # Mischief is owed to nobody, and would make two of the same selection.
        return bytes(
            select(message) and not message.group.startswith(MISCHIEF) for message in self.history.messages
        )

    def _judged(self, chosen: _Chosen, ears: Ears) -> Judgement:
        # Different names may stand for the same messages, and to judge millions of pairs takes seconds.
        if (chosen, ears) not in self._judgements:
            ids = {message.id for message in compress(self.history.messages, chosen)}
            found = judge(
                self.history,
                self.contract,
                self.bounds,
                lambda message: message.id in ids,
                ears,
                timed=ears == EVERYBODY,
            )
            self._judgements[chosen, ears] = found
        return self._judgements[chosen, ears]

    def in_other_words(self, history: History) -> Case:
        """The same record with other names of groups, which judges nothing a second time."""
        return replace(self, history=history)

    def ears(self, *groups: str) -> Ears:
        """The hearing of the connections of these groups."""
        return Ears(frozenset(connection.number for connection in self.connections(*groups)))

    def messages(self, *groups: str) -> list[Message]:
        return [message for message in self.history.messages if message.group.startswith(groups)]

    def connections(self, *groups: str) -> list[Connection]:
        return [connection for connection in self.history.connections if connection.group.startswith(groups)]

    def connection(self, number: int) -> Connection:
        return self.history.connections[number]

    def observations(self, connection_id: str | None) -> list[RowObserved]:
        """What was seen of the row of that id, in time order; nothing where the id is not known."""
        if not self._rows:
            for row in self.history.rows:
                self._rows.setdefault(row.connection_id, []).append(row)
        return self._rows.get(connection_id or "", [])

    def runs_of(self, function: str | None) -> list[Invocation]:
        """The function's invocations, in the order in which they ended."""
        if not self._runs:
            for run in self.history.trace.of(Invocation):
                self._runs.setdefault(run.function, []).append(run)
        return self._runs.get(function or "", [])

    def frames(self, connection: Connection, since_ns: int, until_ns: int) -> list[FrameReceived]:
        if not self._frames:
            for frame in self.history.frames:
                self._frames.setdefault(frame.connection, []).append(frame)
        mine = self._frames.get(connection.number, [])
        return [frame for frame in mine if since_ns <= frame.at_ns <= until_ns]

    def ms(self, at_ns: int) -> float:
        """Milliseconds from the start of the run."""
        return round((at_ns - self.history.headers[0].monotonic_ns) / 1e6, 3)

    def due_ns(self, message: Message) -> int:
        """Until when everybody should have heard the message."""
        return message.started_ns + int(self.bounds.deliver_s * 1e9)

    def until_next_ns(self, message: Message) -> int:
        """When anybody spoke next, or the message was due: what happens before that is on its account."""
        following = (m.started_ns for m in self.history.messages if m.started_ns > message.started_ns)
        return min([*following, self.due_ns(message)])

    def too_busy(self, bound_s: float, since_ns: int = 0, until_ns: int = _EVER_NS) -> bool:
        """Whether between these times the machine was too busy to say that something took over `bound_s`.

        Either the harness lagged behind its own schedule, or so many processes waited for a
        processor that a backend on the same machine cannot have had its share.
        """
        health = self._health
        busy_now = (health.lag_ns > _LAG_SHARE * bound_s * 1e9) | (health.runnable_per_core > CROWDED)
        busy_before = (health.load_per_core > CROWDED) & (health.since_ns - _AVERAGED_NS <= until_ns)
        spoken = ((health.since_ns <= until_ns) & busy_now) | busy_before
        return bool((spoken & (health.at_ns >= since_ns)).any())

    @cached_property
    def _health(self) -> _Health:
        samples = self.history.health
        at_ns = np.array([health.at_ns for health in samples], np.int64)
        return _Health(
            np.r_[0, at_ns][:-1],
            at_ns,
            np.array([health.schedule_lag_ns for health in samples], np.int64),
            np.array([health.load_per_core for health in samples], np.float64),
            np.array([health.runnable_per_core for health in samples], np.float64),
        )


@dataclass(frozen=True)
class _Health:
    """Samples of the harness's health as columns; each speaks of the time from `since_ns` to `at_ns`."""

    since_ns: npt.NDArray[np.int64]
    at_ns: npt.NDArray[np.int64]
    lag_ns: npt.NDArray[np.int64]
    load_per_core: npt.NDArray[np.float64]
    runnable_per_core: npt.NDArray[np.float64]


Checker: TypeAlias = Callable[[Case], Judged]


def left_by_peer(connection: Connection, before_ns: int) -> bool:
    """Whether the other side closed or dropped the connection before that time."""
    return (
        connection.how in ("peer-close", "peer-lost")
        and connection.leaving_ns is not None
        and connection.leaving_ns <= before_ns
    )
