"""FAULT-01 to FAULT-19: posts fail, hang or take their time, and nobody else pays for it."""

from __future__ import annotations

from collections.abc import Mapping

from reports.results import Outcome

from . import evidence
from .broadcasting import judged_losses
from .case import Case, Checker, Judged, failed, passed, unknown
from .faults import bystanders, ears_of, injected, victims

GROUP = "fault-post"
"""Of the connections that take part."""
STATUSES = (429, 500, 403, 413)
_PERSISTENT = tuple(f"post/{status}" for status in STATUSES)


def a_failing_post_costs_nobody_else_the_broadcast(case: Case) -> Judged:
    """FAULT-01."""
    red, counts = [], {}
    for status in STATUSES:
        name = f"post/{status}"
        judged = _judged_bystanders(case, name)
        counts[str(status)] = injected(case, name)
        if judged.outcome is Outcome.UNKNOWN:
            return judged
        if judged.outcome is Outcome.FAIL:
            red.append((status, judged))
    if not red:
        return passed(**counts)
    reason = "; ".join(f"one receiver answered {status}: {judged.reason}" for status, judged in red)
    findings = [finding for _, judged in red for finding in judged.findings]
    return failed(reason, findings[: evidence.MOST_FINDINGS], **counts)


def an_error_other_than_410_costs_nobody_the_future(case: Case) -> Judged:
    """FAULT-02."""
    if not injected(case, *_PERSISTENT):
        return unknown("no post was answered with an error")
    judgement = case.pairs("fault/after", ears=ears_of(victims(case, *_PERSISTENT)))
    return judged_losses(case, judgement, "of those whose posts had failed for a while", at_least=1)


def _judged_bystanders(case: Case, name: str) -> Judged:
    """Whether those whom the fault is not about heard the messages sent during it, and in time."""
    met = injected(case, name)
    if not met:
        return unknown(f"the fault {name} never met a post")
    judgement = case.pairs(f"fault/{name}", ears=bystanders(case, GROUP, name))
    judged = judged_losses(case, judgement, "of everybody else", at_least=1)
    late = judgement.late
    if judged.outcome is not Outcome.PASS or not len(late):
        return judged
    if case.too_busy(case.bounds.deliver_s):
        return unknown(f"{len(late)} deliveries were late, but the machine was too busy to tell")
    text = f"{len(late)} deliveries to everybody else took longer than {case.bounds.deliver_s:g} s"
    title, observed = "{message} reached {connection} late", "it came after the delivery bound"
    return failed(text, evidence.of_pairs(case, late, judgement.messages, title, observed))


CHECKERS: Mapping[str, Checker] = {
    "FAULT-01": a_failing_post_costs_nobody_else_the_broadcast,
    "FAULT-02": an_error_other_than_410_costs_nobody_the_future,
}
