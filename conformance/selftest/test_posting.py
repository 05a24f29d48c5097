"""What the clauses about failing posts take for evidence, beyond what the mutations show."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from conformance.checkers import judge
from conformance.checkers.case import Case
from conformance.checkers.posting import STATUSES
from conformance.harness.contract import Contract
from reports.history_reader import History
from reports.results import ClauseResult, Outcome
from reports.trace import ConnectionsCall, FunctionOutput, Invocation

from .story import history_of
from .valid_run import valid_run
from .verdicts import BOUNDS, GATEWAY_ERROR, changed, judged, time_of, without


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


def test_an_acknowledgement_that_always_comes_tells_nobody_of_a_lost_post() -> None:
    """Known from the calm, or where no mischief was tried, from any client that no fault is about."""
    lost = changed(r"^(.*) v1 hears fault-post-throttled.*$", r'\1 v5 frame {"ack": 17}')
    assert judged("FAULT-03", lost).outcome is Outcome.PASS
    usual = [*lost, f'{time_of("f1 connects") + 6} f1 frame {{"ack": 1}}']
    assert judged("FAULT-03", usual).outcome is Outcome.NON_STRICT
    alone = [line for line in usual if " mischief/" not in line]
    assert judged("FAULT-03", alone).outcome is Outcome.NON_STRICT
    elsewhere = [line.replace("f1 frame", "v0 frame") for line in alone]
    assert judged("FAULT-03", elsewhere).outcome is Outcome.PASS


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


def test_what_the_fault_costs_others_is_told_by_kind() -> None:
    assert judged("FAULT-01", valid_run()).evidence == {str(status): 1 for status in STATUSES}


@pytest.mark.parametrize(
    ("clause", "said", "outcome"),
    [
        ("FAULT-02", 1, Outcome.PASS),
        ("FAULT-02", 0, Outcome.UNKNOWN),
        ("FAULT-10", 1, Outcome.PASS),
        ("FAULT-10", 0, Outcome.UNKNOWN),
    ],
)
def test_something_must_be_said_when_the_faults_are_over(clause: str, said: int, outcome: Outcome) -> None:
    names = [line.split()[3] for line in valid_run() if " sends fault-after" in line]
    assert judged(clause, without("|".join(names[said:]))).outcome is outcome


def test_a_refusal_for_everybody_proves_nothing_where_nobody_spoke() -> None:
    assert judged("FAULT-07", without("sends refused|backend fails v5")).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("lines", "refused", "outcome"),
    [(1, 6, Outcome.PASS), (1, 2, Outcome.PASS), (0, 6, Outcome.NON_STRICT)],
)
def test_one_line_shows_a_refusal_where_nothing_is_printed_otherwise(
    lines: int, refused: int, outcome: Outcome
) -> None:
    told = changed("backend fails v5", f"backend prints {lines}")
    told = [re.sub(r"(post/all-refused) 6", rf"\1 {refused}", line) for line in told]
    assert judged("FAULT-07", told).outcome is outcome
    quiet = [line for line in told if not re.search("fault/(warm-up|after)|fault-(warm-up|after)", line)]
    assert judged("FAULT-07", quiet).outcome is outcome


def test_a_line_a_post_shows_a_refusal_however_much_is_printed_otherwise() -> None:
    lines = changed("backend fails v5", "backend prints 6")
    chatty = re.sub(
        r"^(\d+) (v1 hears fault-after.*)$", r"\1 backend prints 9\n\1 \2", "\n".join(lines), flags=re.M
    )
    assert judged("FAULT-07", chatty.split("\n")).outcome is Outcome.PASS


def test_a_frame_to_the_sender_shows_a_refusal() -> None:
    lines = changed("backend fails v5", 'v5 frame {"error": "nobody was reached"}')
    assert judged("FAULT-07", lines).outcome is Outcome.PASS


def _refused(*told: str) -> History:
    """Two broadcasts that are refused for everybody, and nothing shows that."""
    lines = ["0 v0 connects fault-post", "1 v1 connects fault-post", "10 fault post/all-refused"]
    lines += ["100 v0 sends first fault/post/all-refused", "1500 v0 sends second fault/post/all-refused"]
    return history_of([*lines, *told, "3000 fault-over post/all-refused 4", "9000 lag 3"])


def _shown(history: History) -> ClauseResult:
    return judge("FAULT-07", Case(history, Contract(), BOUNDS))


def test_what_another_function_prints_shows_no_refusal() -> None:
    history = _refused("110 backend prints 4", "1510 backend prints 4")
    assert _shown(history).outcome is Outcome.PASS
    rows = history.trace.rows
    rows[:] = [replace(row, function="Other") if isinstance(row, FunctionOutput) else row for row in rows]
    assert _shown(history).outcome is Outcome.NON_STRICT


def test_what_the_function_prints_that_posts_shows_a_refusal_whoever_invoked_it() -> None:
    told = [f"{at} backend {what}" for at in (105, 1505) for what in ("posts v1 403", "prints 1")]
    history = _refused(*told)
    rows = history.trace.rows
    rows[:] = [
        replace(row, function="Broadcast") if isinstance(row, FunctionOutput | ConnectionsCall) else row
        for row in rows
    ]
    assert _shown(history).outcome is Outcome.PASS
    rows[:] = [row for row in rows if not isinstance(row, ConnectionsCall)]
    assert _shown(history).outcome is Outcome.NON_STRICT


def test_that_nothing_shows_a_refusal_is_told_once_and_only_where_the_trace_has_a_run() -> None:
    history = _refused()
    assert len(_shown(history).findings) == 1
    sendings = [
        row for row in history.trace.rows if isinstance(row, Invocation) and row.route == "sendmessage"
    ]
    history.trace.rows.remove(sendings[0])
    assert _shown(history).outcome is Outcome.NON_STRICT
    history.trace.rows.remove(sendings[1])
    assert _shown(history).outcome is Outcome.UNKNOWN


def test_the_posts_that_met_the_fault_are_counted_and_timed() -> None:
    """Each of seven took 14 ms, one begun a millisecond after the other."""
    evidence = judged("FAULT-08", valid_run()).evidence
    assert evidence == {"posts": 7, "overlapping": 6, "span_ms": 20}


@pytest.mark.parametrize(
    ("deaf", "posts", "outcome"),
    [("[456]", 4, Outcome.PASS), ("[3456]", 3, Outcome.UNKNOWN), (r"\d", 0, Outcome.UNKNOWN)],
)
def test_four_posts_show_whether_they_overlap(deaf: str, posts: int, outcome: Outcome) -> None:
    found = judged("FAULT-08", without(f"v{deaf} hears fault-post-latency"))
    assert (found.outcome, found.evidence["posts"]) == (outcome, posts)
    assert found.evidence["span_ms"] == (14 + posts - 1 if posts else 0)


@pytest.mark.parametrize(("apart_ms", "outcome"), [(14, Outcome.NON_STRICT), (13, Outcome.PASS)])
def test_a_post_that_begins_when_the_one_before_has_ended_does_not_overlap(
    apart_ms: int, outcome: Outcome
) -> None:
    def later(match: re.Match[str]) -> str:
        return f"{int(match[1]) + (apart_ms - 1) * int(match[3])} {match[2]}"

    lines = [re.sub(r"^(\d+) (v(\d) hears fault-post-latency.*)$", later, line) for line in valid_run()]
    assert judged("FAULT-08", lines).outcome is outcome


def test_one_delivery_shows_that_an_ambiguous_failure_was_not_repeated() -> None:
    assert judged("FAULT-04", without(r"v[^2] hears fault-post-ambiguous")).outcome is Outcome.PASS
    assert judged("FAULT-04", without("hears fault-post-ambiguous")).outcome is Outcome.UNKNOWN


def test_what_bystanders_heard_shows_nothing_about_the_post_that_was_ambiguous() -> None:
    assert judged("FAULT-04", without("v2 hears fault-post-ambiguous")).outcome is Outcome.UNKNOWN


def test_a_broadcast_that_reached_nobody_is_lost_and_not_only_late() -> None:
    assert judged("FAULT-01", without("hears fault-post-500")).outcome is Outcome.FAIL


def test_what_is_printed_while_somebody_connects_is_not_the_usual_of_a_broadcast() -> None:
    lines = changed("backend fails v5", "backend prints 1")
    after = max(int(line.split()[0]) for line in lines if line.endswith(" fault/after"))
    printed = [f"{after + 5} backend prints 1"]
    came = [f"{after + 4} w connecting fault-life", f"{after + 4} w refused 500"]
    assert judged("FAULT-07", [*lines, *printed]).outcome is Outcome.NON_STRICT
    assert judged("FAULT-07", [*lines, *printed, *came]).outcome is Outcome.PASS
    with_it = [line.replace(f"{after + 4} w", f"{after} w") for line in came]
    assert judged("FAULT-07", [*lines, *printed, *with_it]).outcome is Outcome.NON_STRICT
