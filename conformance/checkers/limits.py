"""LIMIT: nothing breaks near a limit, and whoever meets one meets it alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reports.history_reader import Connection
from reports.results import Outcome
from reports.trace import ConnectionsCall

from . import evidence
from .broadcasting import judged_losses, judged_promptness, judged_whole
from .case import Case, Checker, Judged, failed, left_by_peer, unknown
from .rows import judged_departures

_LISTENER = ("limit-listener",)
_OVERSIZE = ("limit-oversize",)
_SLOW = ("limit-slow",)
_CROWD = (*_LISTENER, "limit-crowd")
_CLOSED = 1
_WATCHED = 1
_CROWDED = 101
_TOO_BIG = 1009
"""The close code of a message over the limit (RT-51)."""


def long_messages_arrive(case: Case) -> Judged:
    """LIMIT-01."""
    judged = judged_whole(case, "limit/size")
    sizes = [message.size for message in case.messages("limit/size")]
    if not sizes:
        return judged
    return replace(judged, evidence={**judged.evidence, "bytes": f"{min(sizes)} to {max(sizes)}"})


def too_long_messages_hurt_their_sender_only(case: Case) -> Judged:
    """LIMIT-02."""
    too_big = len(_closed_for_size(case))
    last = max((m.started_ns for m in case.messages("limit/after-oversize")), default=0)
    taken_along = [c for c in case.connections(*_LISTENER) if left_by_peer(c, last)]
    if taken_along:
        return failed(
            f"{len(taken_along)} connections that had sent nothing wrong were closed",
            [
                evidence.of_connection(
                    case, c, f"{c.label} was closed, too", "it stays open", f"close code {c.code}"
                )
                for c in taken_along[: evidence.MOST_FINDINGS]
            ],
            closed_for_size=too_big,
            taken_along=len(taken_along),
        )
    judgement = case.pairs("limit/after-oversize", ears=case.ears(*_LISTENER))
    judged = judged_losses(case, judgement, "of those who had sent nothing wrong")
    if judged.outcome is Outcome.PASS and too_big < _CLOSED:
        return unknown("no client was closed with 1009 for a message over the limit")
    return replace(judged, evidence={**judged.evidence, "closed_for_size": too_big})


def the_row_of_the_oversized_goes(case: Case) -> Judged:
    """LIMIT-03."""
    whose = "of connections closed for a message too long"
    return judged_departures(case, _closed_for_size(case), case.bounds.cleanup_s, _WATCHED, whose)


def a_slow_reader_delays_nobody(case: Case) -> Judged:
    """LIMIT-04: by the broadcasts while it did not read, of which some met a full buffer (MG-17)."""
    judgement = case.pairs("limit/slow", ears=case.ears(*_LISTENER))
    judged = judged_promptness(case, judgement, "of those who read all the time")
    return _met_a_full_buffer(case, judged)


def who_reads_on_hears_again(case: Case) -> Judged:
    """LIMIT-05."""
    judgement = case.pairs("limit/after-slow", ears=case.ears(*_SLOW))
    return _met_a_full_buffer(case, judged_losses(case, judgement, "of a client that reads on"))


def a_crowd_hears(case: Case) -> Judged:
    """LIMIT-06."""
    judgement = case.pairs("limit/crowd", ears=case.ears(*_CROWD))
    most = int(judgement.owed_per_message.max(initial=0))
    judged = judged_promptness(case, judgement, f"in a crowd of {most}", at_least=1)
    if judged.outcome is Outcome.PASS and most < _CROWDED:
        return unknown(f"no broadcast was owed to more than {most} connections, {_CROWDED} are needed")
    return replace(judged, evidence={**judged.evidence, "connections": most})


def _closed_for_size(case: Case) -> list[Connection]:
    return [c for c in case.connections(*_OVERSIZE) if c.how == "peer-close" and c.code == _TOO_BIG]


def _met_a_full_buffer(case: Case, judged: Judged) -> Judged:
    """A pass proves something only where the backend was answered 429 for the slow reader."""
    slow = {c.connection_id for c in case.connections(*_SLOW)} - {None}
    calls = (call for call in case.history.trace.of(ConnectionsCall) if call.connection_id in slow)
    refused = sum(call.status == 429 for call in calls)
    if judged.outcome is Outcome.PASS and not refused:
        return unknown("no post to the slow reader was answered 429, so it was not slow enough")
    return replace(judged, evidence={**judged.evidence, "answered_429": refused})


CHECKERS: Mapping[str, Checker] = {
    "LIMIT-01": long_messages_arrive,
    "LIMIT-02": too_long_messages_hurt_their_sender_only,
    "LIMIT-03": the_row_of_the_oversized_goes,
    "LIMIT-04": a_slow_reader_delays_nobody,
    "LIMIT-05": who_reads_on_hears_again,
    "LIMIT-06": a_crowd_hears,
}
