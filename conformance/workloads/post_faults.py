"""Posts to one receiver fail, hang or take their time; then everything is well again.

Receivers are chosen by the order in which the backend posts, as the trace tells it: what becomes of
those behind a failing one is the question.
"""

from __future__ import annotations

from collections.abc import Sequence

from conformance.harness.client import Client
from conformance.harness.control import Control
from conformance.harness.deadline import Deadline, wait_for
from conformance.harness.fault_rules import ConnectionsAnswer, FaultRule, Status, Where
from reports.trace import ConnectionsCall, LifecycleStep

from .session import Session

_CLIENTS = 8
_PERSISTENT: tuple[Status, ...] = (429, 500, 403, 413)
_MET_S = 2.0
_ROUNDS_AFTER = 2


def run(session: Session, control: Control) -> None:
    """Does nothing where a backend posts to hardly anybody."""
    session.progress("faults: posts that fail")
    clients = _connected(session, control)
    order = _in_posting_order(session, control, clients)
    if len(order) <= len(_PERSISTENT):
        session.fleet.recorder.note(f"faults: only {len(order)} of {len(clients)} clients were posted to")
        return
    speaker = order[-1]
    for status, victim in zip(_PERSISTENT, order, strict=False):
        _answered(session, control, clients, speaker, victim, status)
    for number in range(_ROUNDS_AFTER):
        session.say(order[number], "fault/after", among=clients)
    session.retire(clients)


def _connected(session: Session, control: Control) -> list[Client]:
    """Clients whose connection ids the stack has told."""
    position = control.position()
    clients = session.connect("fault-post", _CLIENTS)
    steps = control.since(position, "lifecycle").of(LifecycleStep)
    ids = {step.source_port: step.connection_id for step in steps if step.source_port is not None}
    for client in clients:
        if client.connection_id is None and client.source_port in ids:
            client.connection_id = ids[client.source_port]
    return clients


def _in_posting_order(session: Session, control: Control, clients: Sequence[Client]) -> list[Client]:
    """The clients that a broadcast is posted to, the first one first."""
    position = control.position()
    session.say(clients[0], "fault/warm-up", among=clients)
    posts = control.since(position, "connections-call").of(ConnectionsCall)
    posted = [post.connection_id for post in sorted(posts, key=lambda post: post.started_ns)]
    by_id = {client.connection_id: client for client in clients}
    return [by_id[name] for name in dict.fromkeys(posted) if name in by_id and name is not None]


def _answered(
    session: Session,
    control: Control,
    clients: Sequence[Client],
    speaker: Client,
    victim: Client,
    status: Status,
) -> None:
    """One receiver's posts are answered so for as long as the broadcast lasts."""
    name = f"post/{status}"
    rule = FaultRule(ConnectionsAnswer(status), Where(connection=victim.connection_id))
    others = [client for client in clients if client is not victim]
    with control.faults(name, rule) as rules:
        session.say(speaker, f"fault/{name}", among=others)
        wait_for(lambda: control.injected(rules[0]) > 0, Deadline(_MET_S), 0.05)
