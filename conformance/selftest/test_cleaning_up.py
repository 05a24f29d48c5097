from __future__ import annotations

from dataclasses import replace

from conformance.checkers import judge
from conformance.checkers.case import Case
from conformance.harness.contract import Bounds, Contract
from reports.history import Phase
from reports.history_reader import History
from reports.results import ClauseResult, Outcome
from reports.trace import ConnectionsCall, Gap, Trace

from .story import history_of

_BOUNDS = Bounds(deliver_s=1.0, cleanup_s=2.0, stale_s=3.0, connect_s=0.0)
LEFT = [
    *(f"{at} {name} connects newcomer" for at, name in enumerate("abcd")),
    *(f"{100 + at} {name} closes" for at, name in enumerate("bcd")),
]


def told(*later: str) -> History:
    """Three have left at 0.1 s; what follows is up to the test."""
    return history_of([*LEFT, *later, "20000 lag 1"])


def judged(history: History, bounds: Bounds = _BOUNDS) -> ClauseResult:
    return judge("FAULT-09", Case(history, Contract(), bounds))


def spoken(at_ms: int) -> list[str]:
    return [f"{at_ms + number} a sends m{at_ms + number} broadcast/plain" for number in range(3)] + [
        f"{at_ms + number + 20} a hears m{at_ms + number}" for number in range(3)
    ]


def test_who_left_is_left_alone() -> None:
    assert judged(told(*spoken(9000))).outcome is Outcome.PASS


def test_a_post_within_the_stale_bound_is_fine_and_one_after_it_is_not() -> None:
    first = "5000 backend posts b 410"
    assert judged(told(first, "7900 backend posts b 410", *spoken(9000))).outcome is Outcome.PASS
    late = judged(told(first, "8100 backend posts b 410", *spoken(9000)))
    assert late.outcome is Outcome.FAIL
    assert "b is gone for long" in late.findings[0].title


def test_posts_to_who_may_still_be_connecting_are_no_posts_to_the_gone() -> None:
    """All four came at 0 s; with a `$connect` that may run for 4 s the bound ends at 7 s, not at 4.1 s."""
    bounds = replace(_BOUNDS, connect_s=4.0)
    first = "1000 backend posts b 410"
    assert judged(told(first, "6900 backend posts b 410", *spoken(9000)), bounds).outcome is Outcome.PASS
    assert judged(told(first, "7100 backend posts b 410", *spoken(9000)), bounds).outcome is Outcome.FAIL
    # Nobody has been gone long enough where the bound ends after the last broadcast.
    assert judged(told(*spoken(6900)), bounds).outcome is Outcome.SKIP


def test_a_row_that_the_harness_has_put_back_may_be_met_again() -> None:
    lines = ["200 stale0 connects ghost", "300 stale0 closes", "9000 plants gone first"]
    met = [*lines, "400 backend posts stale0 410", "10000 backend posts stale0 410", *spoken(15000)]
    assert judged(told(*met)).outcome is Outcome.PASS
    assert judged(told(*met, "13100 backend posts stale0 410")).outcome is Outcome.FAIL


def test_a_trace_with_a_gap_proves_nothing() -> None:
    history = told(*spoken(9000))
    history.trace = Trace([*history.trace.rows, Gap(1, 9)])
    assert judged(history).outcome is Outcome.UNKNOWN


def test_a_run_of_some_workloads_is_too_short_and_a_whole_one_must_tell() -> None:
    history = told(*spoken(1000))
    assert judged(history).outcome is Outcome.SKIP
    history.phases.append(Phase(0, "churn", "main"))
    assert judged(history).outcome is Outcome.UNKNOWN


def test_on_a_busy_machine_late_posts_are_only_suspected_unless_they_are_very_late() -> None:
    late = ["1000 backend posts b 410", "4200 backend posts b 410", *spoken(15000)]
    assert judged(told(*late, "19000 lag 900")).outcome is Outcome.UNKNOWN
    assert judged(told(*late, "11000 backend posts b 410", "19000 lag 900")).outcome is Outcome.FAIL


def test_two_who_left_and_two_posts_are_too_few() -> None:
    """Three of each are needed, and each alone is not enough."""
    two_left = [line for line in LEFT if not line.endswith("d closes")]
    assert judged(history_of([*two_left, *spoken(9000), "20000 lag 1"])).outcome is Outcome.SKIP
    assert judged(told(*(line for line in spoken(9000) if "m9002" not in line))).outcome is Outcome.SKIP


def test_who_left_a_bound_before_the_last_post_counts_and_who_left_later_does_not() -> None:
    """The last post begins 15 ms before it is heard; the stack sees an end 1 ms after it."""
    last_post_ms = 9000 + 22 - 15
    for left_ms, outcome in ((last_post_ms - 3002, Outcome.PASS), (last_post_ms - 3001, Outcome.SKIP)):
        lines = [line for line in LEFT if not line.endswith("d closes")]
        history = history_of([*lines, f"{left_ms} d closes", *spoken(9000), "20000 lag 1"])
        assert judged(history).outcome is outcome


def test_only_posts_of_the_application_count_and_the_first_one_in_vain_is_its_first() -> None:
    """An earlier post, that got through, begins no clock; nor does one of the harness."""
    before = "50 backend posts b 200"
    assert judged(told(before, "8000 backend posts b 410", *spoken(9000))).outcome is Outcome.PASS
    history = told("5000 backend posts b 410", "8100 backend posts b 410", *spoken(9000))
    for row in history.trace.of(ConnectionsCall):
        if row.started_ns == 8_100_000_000:
            place = history.trace.rows.index(row)
            history.trace.rows[place] = replace(row, function=None)
    assert judged(history).outcome is Outcome.PASS


def test_the_counts_tell_how_many_posts_went_to_how_many() -> None:
    late = [f"{at} backend posts {name} 410" for name in "bc" for at in (5000, 8100)]
    found = judged(told(*late, "8200 backend posts b 410", *spoken(9000)))
    assert found.reason.startswith("3 posts went to 2 gone connections more than 3 s")
    assert found.evidence == {"gone": 3, "posts": 8, "posts_to_the_gone": 3}


def test_a_post_exactly_a_bound_after_the_first_is_in_time() -> None:
    assert (
        judged(told("5000 backend posts b 410", "8000 backend posts b 410", *spoken(9000))).outcome
        is Outcome.PASS
    )


def test_who_is_there_may_be_posted_to_for_ever() -> None:
    assert judged(told(*spoken(1000), *spoken(9000))).outcome is Outcome.PASS


def test_a_finding_tells_the_life_of_who_is_gone_as_far_as_it_is_known() -> None:
    history = told("5000 backend posts b 410", "8100 backend posts b 410", *spoken(9000))
    assert judged(history).findings[0].timeline
    history.connections[1].connection_id = None
    [unknown] = judged(history).findings
    assert unknown.title.startswith("b-id is gone")
