"""CONN: a client that asks is let in, is known, and hears from then on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from conformance.harness.oracle import Pairs
from reports.history_reader import Connection, Message
from reports.trace import Invocation

from . import evidence
from .broadcasting import proven_losses
from .case import Case, Checker, Judged, failed, passed, suspected, unknown
from .rows import untold

_HANDSHAKES = 3
_NEWCOMERS = 3
_SERVER_ERROR = 500


def every_client_gets_a_connection(case: Case) -> Judged:
    """CONN-01."""
    asked = case.connections("wiring", "founder", "newcomer")
    return judged_handshakes(case, asked)


def judged_handshakes(case: Case, asked: list[Connection]) -> Judged:
    """Whether all who asked were let in; a 429 of API Gateway's is its quota (HS-24) and nobody's fault."""
    answered = {
        row.connection_id
        for row in case.history.trace.of(Invocation)
        if row.route == "$connect" and row.outcome == "returned"
    }
    over_quota = {c.number for c in asked if c.status == 429 and c.connection_id not in answered}
    throttled = len(over_quota)
    refused = [c for c in asked if c.connect_outcome != "ok" and c.number not in over_quota]
    counts = {"asked": len(asked), "refused": len(refused), "throttled": throttled}
    if refused and all(_overworked(case, c) for c in refused):
        return suspected(f"{len(refused)} of {len(asked)} handshakes were refused", **counts)
    if refused:
        first = refused[0]
        return failed(
            f"{len(refused)} of {len(asked)} handshakes were refused: {first.detail or first.status}",
            [
                evidence.of_connection(
                    case,
                    c,
                    f"{c.label} was not let in",
                    "101 Switching Protocols",
                    c.detail or f"HTTP {c.status}",
                )
                for c in refused[: evidence.MOST_FINDINGS]
            ],
            **counts,
        )
    if len(asked) - throttled < _HANDSHAKES:
        return unknown(f"only {len(asked) - throttled} handshakes, {_HANDSHAKES} are needed", **counts)
    return passed(**counts)


def _overworked(case: Case, connection: Connection) -> bool:
    """Whether a handshake failed for want of a processor: nobody answered us in time, or a stack on this
    machine, which told its trace, gave it up."""
    status = connection.status
    if status is not None and (status < _SERVER_ERROR or not case.history.trace.rows):
        return False
    until_ns = connection.opening_ns + int(case.bounds.deliver_s * 1e9)
    return case.too_busy(case.bounds.deliver_s, connection.opening_ns, until_ns)


def the_row_is_there_after_the_handshake(case: Case) -> Judged:
    """CONN-02."""
    seen = {
        connection.number: rows
        for connection in case.connections("newcomer")
        if (rows := case.observations(connection.connection_id))
    }
    missing = [case.connection(number) for number, rows in seen.items() if not rows[0].present]
    if reason := untold(case):
        return unknown(reason)
    if missing:
        return failed(
            f"{len(missing)} of {len(seen)} rows were not in the table when the handshake was done",
            [
                evidence.of_connection(
                    case,
                    c,
                    f"{c.label} is connected, and the table does not know it",
                    "the row is written before $connect returns",
                    "a consistent read right after the handshake found no row with its connection id",
                )
                for c in missing[: evidence.MOST_FINDINGS]
            ],
            handshakes=len(seen),
            missing=len(missing),
        )
    if len(seen) < _NEWCOMERS:
        return unknown(
            f"only {len(seen)} rows could be looked at, {_NEWCOMERS} are needed", handshakes=len(seen)
        )
    return passed(handshakes=len(seen), missing=0)


def a_newcomer_hears_the_first_broadcast(case: Case) -> Judged:
    """CONN-03: judged by the broadcasts that everybody heard who was there before."""
    judgement = case.pairs("connect/first")
    lost, proven = list(judgement.lost), set(proven_losses(case, judgement))
    newcomer_of = {place: _newest(case, m.started_ns) for place, m in enumerate(judgement.messages)}
    unheard = {place for place, number in lost if number != newcomer_of[place]}
    deaf = [(place, number) for place, number in lost if place not in unheard]
    counts = {"newcomers": len(judgement.messages), "missed": len(deaf), "set_aside": len(unheard)}
    if deaf and not proven & set(deaf):
        return suspected(f"{len(deaf)} of {len(judgement.messages)} newcomers missed a broadcast", **counts)
    if deaf := [pair for pair in deaf if pair in proven]:
        pairs = Pairs(*(np.array(column, np.int64) for column in zip(*deaf, strict=True)))
        return failed(
            f"{len(deaf)} of {len(judgement.messages)} newcomers missed the first broadcast after it",
            evidence.of_pairs(
                case,
                pairs,
                judgement.messages,
                "{connection} was connected, and {message} passed it by",
                "everybody else heard {message}; {connection} did not",
            ),
            **counts,
        )
    if unheard:
        return unknown("clients that had connected earlier missed the same broadcasts", **counts)
    owed = sum(
        bool(judgement.owed_per_message[place]) and _stays(case, newcomer_of[place], message)
        for place, message in enumerate(judgement.messages)
    )
    if owed < _NEWCOMERS:
        return unknown(
            f"only {owed} newcomers were certainly owed a broadcast, {_NEWCOMERS} are needed", **counts
        )
    return passed(**counts)


def _stays(case: Case, number: int, message: Message) -> bool:
    """Whether a client that is there when the message is sent still is when it is due."""
    return (case.connection(number).leaving_ns or case.history.end_ns) >= case.due_ns(message)


def _newest(case: Case, at_ns: int) -> int:
    opened = [
        (c.opened_ns, c.number) for c in case.history.connections if c.opened_ns and c.opened_ns <= at_ns
    ]
    return max(opened)[1] if opened else -1


CHECKERS: Mapping[str, Checker] = {
    "CONN-01": every_client_gets_a_connection,
    "CONN-02": the_row_is_there_after_the_handshake,
    "CONN-03": a_newcomer_hears_the_first_broadcast,
}
