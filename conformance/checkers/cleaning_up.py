"""FAULT-09: whom the backend still posts to, by the trace of the whole run."""

from __future__ import annotations

from collections.abc import Mapping

from reports.results import Finding, Outcome
from reports.trace import ConnectionsCall, LifecycleStep

from . import evidence
from .backend_steps import running_for
from .case import Case, Checker, Judged, failed, passed, suspected, unknown

_BROADCASTS = 3
_ENDED = 3
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
        return failed(text, [_finding(case, late[0])], **counts)
    if judged < _ENDED or len(posts) < _BROADCASTS:
        reason = f"only {judged} connections had been gone for long when somebody spoke"
        short = not any(phase.workload == "churn" for phase in case.history.phases)
        return Judged(Outcome.SKIP if short else Outcome.UNKNOWN, reason, counts)
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


def _finding(case: Case, call: ConnectionsCall) -> Finding:
    connection = next((c for c in case.history.connections if c.connection_id == call.connection_id), None)
    label = connection.label if connection else str(call.connection_id)
    title = f"{label} is gone for long, and is still posted to"
    expected = f"no post to {label} later than {case.bounds.stale_s:g} s after its end"
    observed = f"{running_for(case, call)} posted to it and was answered {call.status}"
    if connection is None:
        return Finding(title, expected, observed)
    return evidence.of_connection(case, connection, title, expected, observed)


CHECKERS: Mapping[str, Checker] = {
    "FAULT-09": who_is_gone_is_left_alone,
}
