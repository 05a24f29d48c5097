"""What the clauses about failing posts take for evidence, beyond what the mutations show."""

from __future__ import annotations

import re

import pytest

from conformance.harness.contract import Contract
from reports.results import Outcome

from .valid_run import valid_run
from .verdicts import GATEWAY_ERROR, changed, judged


@pytest.mark.parametrize(
    ("clause", "fault"),
    [
        ("FAULT-01", "post/500"),
        ("FAULT-02", "post/(429|500|403|413)"),
        ("FAULT-03", "post/throttled"),
        ("FAULT-04", "post/ambiguous"),
        ("FAULT-05", "post/failing-twice"),
        ("FAULT-06", "post/hang"),
        ("FAULT-07", "post/all-refused"),
        ("FAULT-08", "post/latency"),
        ("FAULT-10", "post/410"),
    ],
)
def test_a_fault_that_nothing_met_proves_nothing(clause: str, fault: str) -> None:
    lines = changed(rf"fault-over ({fault}) \d+", r"fault-over \1 0")
    assert judged(clause, lines).outcome is Outcome.UNKNOWN


def test_a_lost_throttled_post_is_no_fault_where_the_contract_says_so() -> None:
    lines = changed(r"^.* v1 hears fault-post-throttled.*\n", "")
    assert judged("FAULT-03", lines, Contract(on_throttle="drop")).outcome is Outcome.INFO


def test_a_lost_throttled_post_is_no_fault_where_the_sender_is_told() -> None:
    lines = changed(r"^(.*) v1 hears fault-post-throttled.*$", rf"\1 v5 frame {GATEWAY_ERROR}")
    assert judged("FAULT-03", lines).outcome is Outcome.PASS


def test_a_second_copy_is_no_fault_where_the_contract_says_at_least_once() -> None:
    lines = changed(r"^(.* v2 hears fault-post-ambiguous.*)$", r"\1\n\1")
    assert judged("FAULT-04", lines, Contract(delivery="at-least-once")).outcome is Outcome.INFO


def test_a_refusal_for_everybody_shows_in_the_log_where_more_is_printed_than_usual() -> None:
    assert judged("FAULT-07", changed("backend fails v5", "backend prints 6")).outcome is Outcome.PASS


def test_what_is_printed_anyway_shows_no_refusal() -> None:
    lines = changed("backend fails v5", "backend prints 2")
    lines = [
        re.sub(r"^(\d+) v1 hears (fault-after.*)$", r"\1 backend prints 2\n\g<0>", line) for line in lines
    ]
    told = "\n".join(lines).split("\n")
    assert judged("FAULT-07", told).outcome is Outcome.NON_STRICT


def test_a_finding_tells_the_fault_in_force_and_what_was_posted_to_whom() -> None:
    lines = changed(r"^.* v6 hears fault-post-500.*\n", "")
    result = judged("FAULT-01", lines)
    assert "one receiver answered 500, others" in result.reason
    told = "\n".join(step.what for step in result.findings[0].timeline)
    assert re.search(r"posts to others: v0 200 after \d+ ms", told)
    assert "has not come within 1 s" in told


def test_a_machine_too_busy_to_tell_is_no_failure() -> None:
    lines = [re.sub(r"^(\d+)( v6 hears fault-post-hang.*)$", _a_bound_later, line) for line in valid_run()]
    assert judged("FAULT-06", lines).outcome is Outcome.FAIL
    busy = [re.sub(r"lag 3$", "lag 900", line) for line in lines]
    assert judged("FAULT-06", busy).outcome is Outcome.UNKNOWN


def _a_bound_later(match: re.Match[str]) -> str:
    return f"{int(match[1]) + 1000}{match[2]}"
