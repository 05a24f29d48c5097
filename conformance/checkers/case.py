"""What a checker is given, and what it answers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from conformance.harness.contract import Bounds, Contract
from conformance.harness.oracle import EVERYBODY, Ears, Judgement, judge
from reports.history import FrameReceived, RowObserved
from reports.history_reader import Connection, History, Message
from reports.metrics import CROWDED
from reports.results import Finding, Outcome

_LAG_SHARE = 0.1
"""A harness that lagged by more than this share of a bound cannot say that the bound was missed: it has
little to do, and what kept it waiting keeps a backend of many processes waiting many times over."""

_AVERAGED_NS = 30_000_000_000
"""A load average of one minute speaks of what was, not of what is."""

_EVER_NS = sys.maxsize

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


@dataclass(frozen=True)
class Case:
    """A run's history with the contract that it is held against."""

    history: History
    contract: Contract
    bounds: Bounds
    secrets_of_target: tuple[str, ...] = ()
    """Names that no client may see: the table's name, the account's resources."""
    _judgements: dict[tuple[frozenset[int], Ears, bool], Judgement] = field(
        default_factory=dict, repr=False, compare=False
    )
    _frames: dict[int, list[FrameReceived]] = field(default_factory=dict, repr=False, compare=False)
    _rows: dict[str, list[RowObserved]] = field(default_factory=dict, repr=False, compare=False)

    def pairs(self, *groups: str, ears: Ears = EVERYBODY) -> Judgement:
        """The pairs of all messages whose group begins with one of `groups`, judged once."""
        return self._judged(_selector(groups), ears, timed=False)

    def timed(self, *groups: str) -> Judgement:
        """The same of everybody, with the latency of each pair (`Judgement.pairs`)."""
        return self._judged(_selector(groups), EVERYBODY, timed=True)

    def figures(self, since_ns: int = 0, until_ns: int = _EVER_NS) -> Judgement:
        """The pairs of all messages that were intended between these times, but for those sent while
        something was provoked that makes some miss them."""

        def select(message: Message) -> bool:
            return since_ns <= message.intended_ns < until_ns and not message.group.startswith(_PROVOKED)

        return self._judged(select, EVERYBODY, timed=True)

    def _judged(self, select: Callable[[Message], bool], ears: Ears, *, timed: bool) -> Judgement:
        # Different names may stand for the same messages, and to judge millions of pairs takes seconds.
        chosen = frozenset(message.id for message in self.history.messages if select(message))
        for known in ((chosen, ears, True), (chosen, ears, timed)):
            if known in self._judgements:
                return self._judgements[known]
        found = judge(self.history, self.contract, self.bounds, select, ears, timed=timed)
        self._judgements[chosen, ears, timed] = found
        return found

    def ears(self, *groups: str) -> Ears:
        """The hearing of the connections of these groups."""
        return Ears(frozenset(connection.number for connection in self.connections(*groups)))

    def messages(self, *groups: str) -> list[Message]:
        return [message for message in self.history.messages if message.group.startswith(groups)]

    def connections(self, *groups: str) -> list[Connection]:
        return [connection for connection in self.history.connections if connection.group.startswith(groups)]

    def connection(self, number: int) -> Connection:
        return self.history.connections[number]

    def observations(self, connection: Connection) -> list[RowObserved]:
        """What was seen of the connection's row, in time order; empty while its id is not known."""
        if not self._rows:
            for row in self.history.rows:
                self._rows.setdefault(row.connection_id, []).append(row)
        return self._rows.get(connection.connection_id or "", [])

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
        return any(
            (
                before_ns <= until_ns
                and health.at_ns >= since_ns
                and (
                    health.schedule_lag_ns > _LAG_SHARE * bound_s * 1e9 or health.runnable_per_core > CROWDED
                )
            )
            or (
                before_ns <= until_ns + _AVERAGED_NS
                and health.at_ns >= since_ns
                and health.load_per_core > CROWDED
            )
            for before_ns, health in zip(self._beats(), self.history.health, strict=True)
        )

    def _beats(self) -> list[int]:
        """For each sample of the harness's health the time since which it speaks."""
        return [0, *(health.at_ns for health in self.history.health[:-1])][: len(self.history.health)]


Checker: TypeAlias = Callable[[Case], Judged]


def _selector(groups: tuple[str, ...]) -> Callable[[Message], bool]:
    return lambda message: message.group.startswith(groups)


def left_by_peer(connection: Connection, before_ns: int) -> bool:
    """Whether the other side closed or dropped the connection before that time."""
    return (
        connection.how in ("peer-close", "peer-lost")
        and connection.leaving_ns is not None
        and connection.leaving_ns <= before_ns
    )
