"""FAULT-09: whom the backend still posts to, by the trace of the whole run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reports.results import Finding, Outcome
from reports.trace import ConnectionsCall, LifecycleStep

from . import evidence
from .backend_steps import function_posts, running_for
from .case import Case, Checker, Judged, failed, passed, suspected, unknown
from .rows import young_until_ns

_BROADCASTS = 3
_ENDED = 3
_LONG = 3
_NO_TRACE = "the trace of the run is missing or has gaps"


def who_is_gone_is_left_alone(case: Case) -> Judged:
    """FAULT-09. A run of some workloads only may be too short to say."""
    if not case.history.trace.whole:
        return unknown(_NO_TRACE)
    bound_ns = int(case.bounds.stale_s * 1e9)
    ended = _ended_ns(case)
    posts = function_posts(case)
    young = young_until_ns(case)
    late = _later_than(posts, ended, young, bound_ns)
    # Somebody who is gone counts once a broadcast has had the occasion to post to him.
    last_ns = max((post.started_ns for post in posts), default=0)
    judged = sum(max(at_ns, young.get(name, 0)) + bound_ns < last_ns for name, at_ns in ended.items())
    counts = {"gone": judged, "posts": len(posts), "posts_to_the_gone": len(late)}
    if late and case.too_busy(case.bounds.stale_s):
        late = _later_than(posts, ended, young, _LONG * bound_ns)
        if not late:
            return suspected(f"{counts['posts_to_the_gone']} posts went to the gone", **counts)
    if late:
        names = list(dict.fromkeys(call.connection_id or "" for call in late))
        bound = f"{case.bounds.stale_s:g} s"
        text = f"{len(late)} posts went to {len(names)} gone connections more than {bound} after the first"
        return failed(text, [_finding(case, late[0])], **counts)
    if judged < _ENDED or len(posts) < _BROADCASTS:
        reason = f"only {judged} connections had been gone long enough when something was sent"
        short = not any(phase.workload == "churn" for phase in case.history.phases)
        return Judged(Outcome.SKIP if short else Outcome.UNKNOWN, reason, counts)
    return passed(**counts)


def _ended_ns(case: Case) -> dict[str, int]:
    """By connection id, since when it has been gone; a row that the harness put back may be met anew."""
    ended = {
        row.connection_id: row.ended_ns for row in case.history.trace.of(LifecycleStep) if row.step == "ended"
    }
    for planted in case.history.planted:
        if planted.connection_id in ended:
            ended[planted.connection_id] = max(ended[planted.connection_id], planted.at_ns)
    return ended


def _later_than(
    posts: Sequence[ConnectionsCall], ended: Mapping[str, int], young: Mapping[str, int], bound_ns: int
) -> list[ConnectionsCall]:
    """Posts to the gone later than so long after the first that met them, or after they were young."""
    met: dict[str, int] = {}
    late = []
    for post in sorted(posts, key=lambda post: post.started_ns):
        name = post.connection_id or ""
        if post.started_ns > ended.get(name, post.started_ns):
            first_ns = met.setdefault(name, post.started_ns)
            if post.started_ns > max(first_ns, young.get(name, 0)) + bound_ns:
                late.append(post)
    return late


def _finding(case: Case, call: ConnectionsCall) -> Finding:
    connection = next((c for c in case.history.connections if c.connection_id == call.connection_id), None)
    label = connection.label if connection else str(call.connection_id)
    title = f"{label} is gone for long, and is still posted to"
    expected = f"no post to {label} later than {case.bounds.stale_s:g} s after the first that was in vain"
    observed = f"{running_for(case, call)} posted to it and was answered {call.status}"
    if connection is None:
        return Finding(title, expected, observed)
    return evidence.of_connection(case, connection, title, expected, observed)


CHECKERS: Mapping[str, Checker] = {
    "FAULT-09": who_is_gone_is_left_alone,
}
