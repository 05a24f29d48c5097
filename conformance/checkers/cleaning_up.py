"""FAULT-09 and FAULT-10: whom the backend still posts to, and whose rows it deletes, by the run's trace."""

from __future__ import annotations

from collections.abc import Mapping

from reports.results import Finding, Outcome
from reports.trace import ConnectionsCall, LifecycleStep, TableCall

from . import evidence
from .backend_steps import deleted_ids, running_for
from .case import Case, Checker, Judged, failed, passed, suspected, unknown

_GONE = 410
_BROADCASTS = 3
_ENDED = 3
_DELETES = 3
_NO_TRACE = "the trace of the run is missing or has gaps"


def who_is_gone_is_left_alone(case: Case) -> Judged:
    """FAULT-09. A run of some workloads only may be too short to say."""
    if not case.history.trace.whole:
        return unknown(_NO_TRACE)
    due = _forgotten_by_ns(case)
    posts = [
        call for call in case.history.trace.of(ConnectionsCall) if call.method == "POST" and call.function
    ]
    late = [call for call in posts if call.started_ns > due.get(call.connection_id or "", call.started_ns)]
    # Somebody who is gone counts once a broadcast has had the occasion to post to him.
    last_ns = max((post.started_ns for post in posts), default=0)
    judged = sum(at_ns < last_ns for at_ns in due.values())
    counts = {"gone": judged, "posts": len(posts), "posts_to_the_gone": len(late)}
    if late and case.too_busy(case.bounds.stale_s):
        return suspected(f"{len(late)} posts went to the gone", **counts)
    if late:
        names = list(dict.fromkeys(call.connection_id or "" for call in late))
        bound = f"{case.bounds.stale_s:g} s"
        text = f"{len(late)} posts went to {len(names)} connections more than {bound} after their end"
        return failed(text, [_posted_finding(case, late[0])], **counts)
    if judged < _ENDED or len(posts) < _BROADCASTS:
        reason = f"only {judged} connections had been gone for long when somebody spoke"
        short = not any(phase.workload == "churn" for phase in case.history.phases)
        return Judged(Outcome.SKIP if short else Outcome.UNKNOWN, reason, counts)
    return passed(**counts)


def nobody_open_loses_his_row(case: Case) -> Judged:
    """FAULT-10."""
    if not case.history.trace.whole:
        return unknown(_NO_TRACE)
    lives = _lives_ns(case)
    called_gone = _called_gone(case)
    deletes = [call for call in case.history.trace.of(TableCall) if deleted_ids(call, lives)]
    wrong = [
        (call, name)
        for call in deletes
        for name in deleted_ids(call, lives)
        if lives[name][0] < call.started_ns and call.ended_ns < lives[name][1] and name not in called_gone
    ]
    counts = {"deletes": len(deletes), "of_open_connections": len(wrong)}
    if wrong:
        call, name = wrong[0]
        text = (
            f"{len(wrong)} deletes took the row of an open connection; the first by {running_for(case, call)}"
        )
        return failed(text.rstrip(","), [_deleted_finding(case, call, name)], **counts)
    if len(deletes) < _DELETES:
        return unknown(f"only {len(deletes)} deletes of rows were seen, {_DELETES} are needed", **counts)
    return passed(**counts)


def _forgotten_by_ns(case: Case) -> dict[str, int]:
    """By connection id, when nobody posts to it any more: the stale bound after its end.

    A row that the harness put back may be met anew.
    """
    ended = {
        row.connection_id: row.ended_ns for row in case.history.trace.of(LifecycleStep) if row.step == "ended"
    }
    for planted in case.history.planted:
        if planted.connection_id in ended:
            ended[planted.connection_id] = max(ended[planted.connection_id], planted.at_ns)
    return {name: at_ns + int(case.bounds.stale_s * 1e9) for name, at_ns in ended.items()}


def _lives_ns(case: Case) -> dict[str, tuple[int, int]]:
    """By connection id, from when until when it was open on both sides: no one had begun to end it."""
    lives: dict[str, tuple[int, int]] = {}
    for row in case.history.trace.of(LifecycleStep):
        if row.step == "established":
            lives[row.connection_id] = (row.ended_ns, case.history.end_ns)
        elif row.step == "ended" and row.connection_id in lives:
            lives[row.connection_id] = (lives[row.connection_id][0], row.started_ns)
    for connection in case.history.connections:
        name = connection.connection_id
        if name in lives and connection.leaving_ns is not None:
            lives[name] = (lives[name][0], min(lives[name][1], connection.leaving_ns))
    return lives


def _called_gone(case: Case) -> set[str | None]:
    """Connections for which a provoked fault answered 410: whoever believes it is right."""
    calls = case.history.trace.of(ConnectionsCall)
    return {call.connection_id for call in calls if call.status == _GONE and call.faults}


def _posted_finding(case: Case, call: ConnectionsCall) -> Finding:
    label = _label(case, call.connection_id)
    return _finding(
        case,
        call.connection_id,
        f"{label} is gone for long, and is still posted to",
        f"no post to {label} later than {case.bounds.stale_s:g} s after its end",
        f"{running_for(case, call)} posted to it and was answered {call.status}",
    )


def _deleted_finding(case: Case, call: TableCall, name: str) -> Finding:
    label = _label(case, name)
    return _finding(
        case,
        name,
        f"{label} is connected, and its row is deleted",
        f"the row of {label} stays until {label} has left, or a post to {label} was answered 410",
        f"{running_for(case, call)} deleted it: {call.request}",
    )


def _finding(case: Case, name: str | None, title: str, expected: str, observed: str) -> Finding:
    connection = next((c for c in case.history.connections if c.connection_id == name), None)
    if connection is None:
        return Finding(title, expected, observed)
    return evidence.of_connection(case, connection, title, expected, observed)


def _label(case: Case, name: str | None) -> str:
    found = (c.label for c in case.history.connections if c.connection_id == name)
    return next(found, str(name))


CHECKERS: Mapping[str, Checker] = {
    "FAULT-09": who_is_gone_is_left_alone,
    "FAULT-10": nobody_open_loses_his_row,
}
