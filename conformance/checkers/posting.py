"""FAULT-01 to FAULT-10 but FAULT-09: posts fail, hang or take their time, and nobody else pays for it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from conformance.harness.oracle import Ears
from reports.history_reader import Message
from reports.results import Finding, Outcome
from reports.trace import ConnectionsCall, FunctionOutput

from . import backend_steps, evidence
from .broadcasting import judged_duplicates, judged_losses, judged_promptness
from .case import Case, Checker, Judged, failed, passed, unknown
from .faults import ears_of, injected, spans, victims
from .routing import told
from .unposted import failed_run

GROUP = "fault-post"
"""Of the connections that take part."""
STATUSES = (429, 500, 403, 413)
_PERSISTENT = tuple(f"post/{status}" for status in STATUSES)
_ABOUT_ONE = (*_PERSISTENT, "post/failing-twice", "post/throttled", "post/ambiguous", "post/hang", "post/410")
_FAN_OUT = 4


def a_failing_post_costs_nobody_else_the_broadcast(case: Case) -> Judged:
    """FAULT-01."""
    judged = {status: _judged_bystanders(case, f"post/{status}") for status in STATUSES}
    counts = {str(status): injected(case, f"post/{status}") for status in STATUSES}
    red = {status: found for status, found in judged.items() if found.outcome is Outcome.FAIL}
    if not red:
        missing = [found for found in judged.values() if found.outcome is Outcome.UNKNOWN]
        return missing[0] if missing else passed(**counts)
    statuses = ", ".join(map(str, red))
    reason = f"with one receiver answered {statuses}, others missed it: {next(iter(red.values())).reason}"
    findings = [finding for found in red.values() for finding in found.findings]
    return failed(reason, findings[: evidence.MOST_FINDINGS], **counts)


def an_error_other_than_410_costs_nobody_the_future(case: Case) -> Judged:
    """FAULT-02."""
    if not injected(case, *_PERSISTENT):
        return unknown("no post was answered with an error")
    judgement = case.pairs("fault/after", ears=ears_of(victims(case, *_PERSISTENT)))
    return judged_losses(case, judgement, "of those whose posts had failed for a while", at_least=1)


def a_throttled_post_is_tried_again_or_told(case: Case) -> Judged:
    """FAULT-03."""
    name = "post/throttled"
    if case.contract.on_throttle == "drop":
        return Judged(Outcome.INFO, "the contract says that what is throttled is lost")
    if not injected(case, name):
        return unknown("no post was answered 429")
    judgement = case.pairs(f"fault/{name}", ears=ears_of(victims(case, name)))
    judged = judged_losses(case, judgement, "of one throttled post", at_least=1)
    told = [message for message in judgement.messages if failure_shown(case, message)]
    if judged.outcome is Outcome.FAIL and told:
        return passed(told=len(told))
    return judged


def an_ambiguous_failure_is_not_repeated(case: Case) -> Judged:
    """FAULT-04."""
    name = "post/ambiguous"
    if not injected(case, name):
        return unknown("no post was delivered and then answered with an error")
    judgement = case.pairs(f"fault/{name}", ears=ears_of(victims(case, name)))
    return judged_duplicates(case, judgement, at_least=1)


def a_broadcast_does_not_start_over(case: Case) -> Judged:
    """FAULT-05."""
    if not injected(case, "post/failing-twice"):
        return unknown("no post was answered with an error")
    return judged_duplicates(case, case.pairs("fault/post/", ears=_bystanders(case)))


def a_hanging_post_holds_up_nobody_else(case: Case) -> Judged:
    """FAULT-06."""
    return _judged_bystanders(case, "post/hang")


def a_failure_for_everybody_shows(case: Case) -> Judged:
    """FAULT-07: in a frame, an invocation, or the log, by more than is logged anyway or a line a post."""
    name = "post/all-refused"
    sent, refused = case.messages(f"fault/{name}"), injected(case, name)
    if not refused or not sent:
        return unknown("no broadcast was refused for everybody")
    usual = max((_printed(case, m) for m in case.messages("fault/warm-up", "fault/after")), default=0)
    telling = min(usual + 1, refused)
    silent = [m for m in sent if not failure_shown(case, m) and _printed(case, m) < telling]
    counts = {"broadcasts": len(sent), "refused_posts": refused, "silent": len(silent)}
    if not silent:
        return passed(**counts)
    if not any(backend_steps.invocations(case, message) for message in silent):
        return unknown("the trace shows no invocation for the broadcast", **counts)
    text = f"all {refused} posts were answered 403, and nothing shows that"
    return failed(text, [_silent_finding(case, message) for message in silent[:1]], **counts)


def posts_of_a_broadcast_overlap(case: Case) -> Judged:
    """FAULT-08."""
    name = "post/latency"
    sent = case.messages(f"fault/{name}")
    if not injected(case, name) or not sent:
        return unknown("posts were not given a realistic latency")
    posts = _posts(case, name)
    together = sum(later.started_ns < earlier.ended_ns for earlier, later in pairwise(posts))
    counts = {"posts": len(posts), "overlapping": together, "span_ms": _span_ms(posts)}
    if len(posts) < _FAN_OUT:
        return unknown(f"only {len(posts)} posts took part, {_FAN_OUT} are needed", **counts)
    if together:
        return passed(**counts)
    text = f"{len(posts)} posts of one broadcast went out one after the other, in {counts['span_ms']} ms"
    finding = Finding(
        f"the posts of {sent[0].label} wait for each other",
        "posts of one broadcast overlap, so that its last receiver does not wait for all others",
        text,
        evidence.pair_timeline(case, sent[0], case.connection(sent[0].sender)),
    )
    return failed(text, [finding], **counts)


def a_410_costs_nobody_else_anything(case: Case) -> Judged:
    """FAULT-10."""
    name = "post/410"
    if not injected(case, name):
        return unknown("no post was answered 410")
    judgement = case.pairs(f"fault/{name}", "fault/after", ears=_bystanders(case))
    return judged_losses(case, judgement, "to recipients other than the one answered 410", at_least=2)


def failure_shown(case: Case, message: Message) -> bool:
    """Whether its sender heard anything that it does not always, or a function failed or said that it did."""
    until_ns = case.due_ns(message)
    if told(case, case.connection(message.sender), message.started_ns, until_ns):
        return True
    return any(failed_run(run) for run in backend_steps.invocations(case, message))


def _bystanders(case: Case) -> Ears:
    """The hearing of those whom no fault is about: what a fault has done to others may last."""
    return ears_of(c for c in case.connections(GROUP) if c not in victims(case, *_ABOUT_ONE))


def _judged_bystanders(case: Case, name: str) -> Judged:
    """Whether those whom no fault is about heard the messages sent during this one, and in time."""
    if not injected(case, name):
        return unknown(f"the fault {name} never met a post")
    judgement = case.pairs(f"fault/{name}", ears=_bystanders(case))
    return judged_promptness(case, judgement, "to everybody else", at_least=1)


def _posts(case: Case, fault: str) -> list[ConnectionsCall]:
    """The posts to those who take part that met the fault, the first one first."""
    ids = {connection.connection_id for connection in case.connections(GROUP)}
    rules = {span.rule_id for span in spans(case, fault)}
    posts = backend_steps.posts(case, ids, 0, case.history.end_ns)
    return [post for post in posts if rules & set(post.faults)]


def _span_ms(posts: list[ConnectionsCall]) -> int:
    if not posts:
        return 0
    return round((max(post.ended_ns for post in posts) - posts[0].started_ns) / 1e6)


def _printed(case: Case, message: Message) -> int:
    """Lines that the message's functions printed from its sending until anybody spoke or connected again.

    Where an event source broadcasts, whose invocations name no connection, those are the functions that post.
    """
    came = (c.opening_ns for c in case.history.connections if c.opening_ns > message.started_ns)
    until_ns = min([*came, case.until_next_ns(message)])
    ids = {connection.connection_id for connection in case.connections(GROUP)}
    posts = backend_steps.posts(case, ids, message.started_ns, until_ns)
    functions = {row.function for row in backend_steps.invocations(case, message)} | {
        post.function for post in posts
    }
    output = [row for row in case.history.trace.of(FunctionOutput) if row.function in functions]
    return sum(message.started_ns <= row.ended_ns < until_ns for row in output)


def _silent_finding(case: Case, message: Message) -> Finding:
    sender = case.connection(message.sender)
    return Finding(
        f"{message.label} reached nobody, and nobody is told",
        f"a frame to {sender.label}, an invocation that fails or returns an error status, or more in the log",
        "the function returned as if all were well, and printed no more than it always does",
        evidence.pair_timeline(case, message, sender),
        evidence.described([sender]),
    )


CHECKERS: Mapping[str, Checker] = {
    "FAULT-01": a_failing_post_costs_nobody_else_the_broadcast,
    "FAULT-02": an_error_other_than_410_costs_nobody_the_future,
    "FAULT-03": a_throttled_post_is_tried_again_or_told,
    "FAULT-04": an_ambiguous_failure_is_not_repeated,
    "FAULT-05": a_broadcast_does_not_start_over,
    "FAULT-06": a_hanging_post_holds_up_nobody_else,
    "FAULT-07": a_failure_for_everybody_shows,
    "FAULT-08": posts_of_a_broadcast_overlap,
    "FAULT-10": a_410_costs_nobody_else_anything,
}
