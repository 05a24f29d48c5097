"""Posts to one receiver fail, hang or take their time; then everything is well again.

Receivers are chosen by the order in which the backend posts, as the trace tells it: what becomes of
those behind a failing one is the question.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.harness.client import Client
from conformance.harness.control import Control
from conformance.harness.deadline import Deadline, wait_for
from conformance.harness.fault_rules import (
    ConnectionsAnswer,
    ConnectionsHang,
    ConnectionsLatency,
    Fault,
    FaultRule,
    Status,
    Where,
)
from reports.trace import ConnectionsCall, Invocation

from .session import Session
from .stack_connections import connect_told

_CLIENTS = 8
_LEAST = 7
"""One for each lasting failure, and two whom none is about."""
_PERSISTENT: tuple[Status, ...] = (429, 500, 403, 413)
_MET_S = 2.0
_LOOK_S = 0.02
_LOG_S = 0.2
"""What an invocation has printed is read soon after its end."""
_ROUNDS_AFTER = 2


def run(session: Session, control: Control) -> None:
    """Does nothing where a broadcast is posted to hardly anybody."""
    session.progress("faults: posts that fail, hang, or take their time")
    clients = connect_told(session, control, "fault-post", _CLIENTS)
    order = _in_posting_order(session, control, clients)
    if len(order) < _LEAST:
        session.fleet.recorder.note(f"faults: only {len(order)} of {len(clients)} clients were posted to")
        return
    piece = _Piece(session, control, clients, order[-1])
    piece.failing_twice(order[1])
    piece.throttled_once(order[2])
    piece.ambiguous_once(order[3])
    for status, victim in zip(_PERSISTENT, order, strict=False):
        piece.during(f"post/{status}", victim, ConnectionsAnswer(status))
    piece.slow()
    piece.hanging(order[0])
    piece.all_refused()
    piece.during("post/410", order[len(_PERSISTENT)], ConnectionsAnswer(410))
    for speaker in order[:_ROUNDS_AFTER]:
        session.say(speaker, "fault/after", among=clients)
    session.retire(clients)


def _in_posting_order(session: Session, control: Control, clients: Sequence[Client]) -> list[Client]:
    """The clients that a broadcast is posted to, the first one first."""
    position = control.position()
    session.say(clients[0], "fault/warm-up", among=clients)
    posts = control.since(position, "connections-call").of(ConnectionsCall)
    posted = [post.connection_id for post in sorted(posts, key=lambda post: post.started_ns)]
    by_id = {client.connection_id: client for client in clients}
    return [by_id[name] for name in dict.fromkeys(posted) if name in by_id and name is not None]


@dataclass(frozen=True)
class _Piece:
    """One speaker among all; each method provokes one fault, speaks, and takes it back."""

    session: Session
    control: Control
    clients: Sequence[Client]
    speaker: Client

    def during(self, name: str, victim: Client, fault: Fault, count: int | None = None) -> None:
        """The fault meets every post to the victim, or so many; everybody else is waited for."""
        others = [client for client in self.clients if client is not victim]
        with self.control.faults(name, _to(victim, fault, count)) as rules:
            self.session.say(self.speaker, f"fault/{name}", among=others)
            self._await_met(rules[0])

    def failing_twice(self, victim: Client) -> None:
        """A broadcast that starts over would reach the others again."""
        self.during("post/failing-twice", victim, ConnectionsAnswer(503), 2)

    def throttled_once(self, victim: Client) -> None:
        """However often the SDK tries the one call; the next call works."""
        name = "post/throttled"
        with self.control.faults(name, _to(victim, ConnectionsAnswer(429), 1)):
            seen = len(self.session.fleet.frames(self.speaker))
            message = self.session.say(self.speaker, f"fault/{name}", among=[], wait=False)
            if message is not None:
                fleet = self.session.fleet
                fleet.wait_until(
                    lambda: victim.number in fleet.heard(message) or len(fleet.frames(self.speaker)) > seen,
                    Deadline(self.session.bounds.deliver_s),
                )

    def ambiguous_once(self, victim: Client) -> None:
        """The victim hears it, and the backend is told that it failed."""
        self.during("post/ambiguous", victim, ConnectionsAnswer(504, carried_out=True), 1)

    def all_refused(self) -> None:
        """Nobody can be posted to, the speaker neither; over when the invocation is that posts."""
        name = "post/all-refused"
        with self.control.faults(name, FaultRule(ConnectionsAnswer(403))):
            self._spoken_to_its_end(name)
        self.session.pause(_LOG_S)

    def slow(self) -> None:
        """Posts take what they take on AWS."""
        name = "post/latency"
        with self.control.faults(name, FaultRule(ConnectionsLatency(0.01, 0.02))):
            self._spoken_to_its_end(name)

    def hanging(self, victim: Client) -> None:
        """One post hangs, and its broadcast; the same speaker speaks once more. Next, nobody is posted to."""
        name = "post/hang"
        others = [client for client in self.clients if client is not victim]
        with self.control.faults(name, _to(victim, ConnectionsHang())) as rules:
            said = [self.session.say(self.speaker, f"fault/{name}", among=others)]
            self._await_met(rules[0])
            said.append(self.session.say(self.speaker, f"fault/{name}/next", among=others))
            for message in said:
                if message is not None:
                    self.session.await_heard_by_all(message, self.speaker, others)

    def _await_met(self, rule: str) -> None:
        """Wait until the fault has met a post: a queue or a stream may be behind what is said."""
        wait_for(lambda: self.control.injected(rule) > 0, Deadline(_MET_S), _LOOK_S)

    def _spoken_to_its_end(self, name: str) -> None:
        """Speak, and wait for the end of the invocation that posts what was said.

        That is not the speaker's where this hands the message on to a queue, a stream or another function.
        """
        position, since_ns = self.control.position(), time.monotonic_ns()
        self.session.say(self.speaker, f"fault/{name}", among=[], wait=False)
        deadline = Deadline(self.session.bounds.deliver_s)
        wait_for(lambda: self._was_posted(position, since_ns), deadline, _LOOK_S)

    def _was_posted(self, position: int, since_ns: int) -> bool:
        """Whether an invocation that began since then has posted, and ended."""
        trace = self.control.since(position, "invocation", "connections-call")
        posts = [(post.function, post.started_ns) for post in trace.of(ConnectionsCall)]
        runs = [run for run in trace.of(Invocation) if run.started_ns >= since_ns]
        return any(
            function == run.function and run.started_ns <= at_ns <= run.ended_ns
            for run in runs
            for function, at_ns in posts
        )


def _to(victim: Client, fault: Fault, count: int | None = None) -> FaultRule:
    return FaultRule(fault, Where(connection=victim.connection_id, method="POST"), count=count)
