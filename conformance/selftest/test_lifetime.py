"""What the checkers of FAULT-20 to FAULT-30 make of what a fair judge must tell apart."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from conformance.checkers import judge
from conformance.checkers.case import Case
from conformance.harness.contract import Contract
from reports.results import Outcome
from reports.trace import Gap, Invocation

from .story import history_of
from .story_mutations import MUTATIONS
from .valid_run import valid_run
from .verdicts import BOUNDS, judged, time_of, without


@pytest.mark.parametrize(
    ("clause", "fault"),
    [
        ("FAULT-22", "life/dropped"),
        ("FAULT-23", "life/late"),
        ("FAULT-23", "life/twice"),
        ("FAULT-24", "life/pages"),
        ("FAULT-25", "life/unwritten"),
        ("FAULT-26", "life/unread"),
        ("FAULT-27", "life/lag"),
        ("FAULT-28", "life/refused"),
        ("FAULT-29", "life/cold"),
        ("FAULT-30", "life/silent"),
    ],
)
def test_a_fault_that_no_call_has_met_proves_nothing(clause: str, fault: str) -> None:
    lines = [re.sub(rf"(fault-over {fault}) \d+", r"\1 0", line) for line in valid_run()]
    assert judged(clause, lines).outcome is Outcome.UNKNOWN


def test_a_handshake_that_was_pending_while_nobody_spoke_proves_nothing() -> None:
    assert judged("FAULT-20", without("fault/life/pending|fault-life-pending")).outcome is Outcome.UNKNOWN


def test_a_broadcast_may_post_to_somebody_who_is_connecting() -> None:
    """Only what this very `$connect` posts is asked about, not what another invocation does meanwhile."""
    at = time_of("life2 connects")
    assert judged("FAULT-21", [*valid_run(), f"{at + 2} backend posts life2 410"]).outcome is Outcome.PASS


def test_an_audience_that_was_not_read_may_be_told_to_the_sender() -> None:
    unheard = without("hears fault-life-unread")
    assert judged("FAULT-26", unheard).outcome is Outcome.NON_STRICT
    at = time_of("sends fault-life-unread")
    told = [*unheard, f'{at + 5} life0 frame {{"error": "try again"}}']
    assert judged("FAULT-26", told).outcome is Outcome.PASS
    usual = f'{time_of("f1 connects") + 6} f1 frame {{"error": "try again"}}'
    assert judged("FAULT-26", [*told, usual]).outcome is Outcome.NON_STRICT


def test_a_client_whose_row_could_not_be_written_may_be_refused() -> None:
    lines = without(r"unwritten1 (connects|hears|closes)")
    assert judged("FAULT-25", lines).evidence == {"asked": 1, "refused": 1}


def test_a_refused_client_needs_no_row() -> None:
    lines = [re.sub(r"row (refused\d) there", r"row \1 absent", line) for line in valid_run()]
    assert judged("FAULT-28", lines).evidence == {"refused": 2, "rows": 0}


def test_without_a_trace_of_the_refused_nothing_is_known_of_their_rows() -> None:
    assert judged("FAULT-28", without(r"refused\d refused 502")).outcome is Outcome.UNKNOWN


def test_only_a_handshake_that_was_pending_when_somebody_spoke_is_evidence() -> None:
    lines = ["0 a connects fault-life", "10 fault life/held", "20 early connects fault-held"]
    lines += ["50 a sends m fault/life/pending", "60 a sends n fault/life/held"]
    lines += [f"80 {name} hears {message}" for name in ("a", "early") for message in "mn"]
    over = ["900 fault-over life/held 2", "9000 lag 3"]
    assert judged("FAULT-20", [*lines, *over]).outcome is Outcome.UNKNOWN
    held = ["40 held connecting fault-held", "55 held connected", "81 held hears n"]
    assert judged("FAULT-20", [*lines, *held, *over]).outcome is Outcome.PASS


@pytest.mark.parametrize(("clients", "outcome"), [(3, Outcome.PASS), (2, Outcome.UNKNOWN)])
def test_three_handshakes_show_that_nothing_is_posted_to_who_is_connecting(
    clients: int, outcome: Outcome
) -> None:
    lines = [f"{10 * number} c{number} connects newcomer" for number in range(clients)]
    assert judged("FAULT-21", [*lines, "100 backend posts nobody 410", "900 lag 3"]).outcome is outcome


def test_a_trace_with_gaps_does_not_show_that_nothing_is_posted_to_who_is_connecting() -> None:
    history = history_of(valid_run())
    history.trace.rows.append(Gap(first=1, last=2))
    assert judge("FAULT-21", Case(history, Contract(), BOUNDS)).outcome is Outcome.UNKNOWN


def test_what_is_said_while_another_connect_runs_may_be_of_either() -> None:
    at = time_of("life2 connects")
    lines = [*valid_run(), f"{at} backend welcomes life2"]
    assert judged("FAULT-21", lines).outcome is Outcome.NON_STRICT
    assert judged("FAULT-21", [*lines, f"{at} other connects newcomer"]).outcome is Outcome.PASS


def test_one_disconnect_that_came_late_and_two_of_one_connection_are_evidence() -> None:
    """What else runs for these connections is not, nor is what runs for others."""
    found = judged("FAULT-23", valid_run())
    assert (found.outcome, found.evidence) == (Outcome.PASS, {"runs": 3, "failed": 0})
    assert judged("FAULT-23", without("backend forgets")).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(("again", "outcome"), [("lag 900", Outcome.UNKNOWN), ("lag 1", Outcome.NON_STRICT)])
def test_a_busy_machine_excuses_a_failure_unless_another_came_in_peace(again: str, outcome: Outcome) -> None:
    whose = next(line.split()[3] for line in valid_run() if "backend forgets" in line)
    at = 500_000
    failures = [f"{at} backend fumbles {whose}", f"{at + 60_000} backend fumbles {whose}"]
    lags = [f"{at - 100} lag 1", f"{at + 100} lag 900", f"{at + 59_900} lag 1", f"{at + 60_100} {again}"]
    result = judged("FAULT-23", [*valid_run(), *failures, *lags])
    assert result.outcome is outcome
    assert result.evidence["failed"] == 2


def test_a_disconnect_that_returns_an_error_has_failed() -> None:
    history = history_of(valid_run())
    rows = history.trace.rows
    late = [row for row in rows if isinstance(row, Invocation) and row.route == "$disconnect"]
    rows[:] = [replace(row, detail='{"statusCode": 500}') if row in late else row for row in rows]
    found = judge("FAULT-23", Case(history, Contract(), BOUNDS))
    assert (found.outcome, found.evidence["failed"]) == (Outcome.NON_STRICT, 3)


def test_of_every_refused_client_the_row_must_have_been_looked_for() -> None:
    lines = [line.replace("row refused0 there", "row refused0 absent") for line in valid_run()]
    unseen = [line for line in lines if "row refused1" not in line]
    assert judged("FAULT-28", unseen).outcome is Outcome.UNKNOWN


def test_who_is_refused_at_another_time_or_let_in_meanwhile_is_not_asked_about() -> None:
    begun, late = time_of("fault life/refused"), time_of("fault-over life/twice") + 6000
    others = [f"{begun + 1} let_in connects newcomer", f"{begun - 1} before connecting newcomer"]
    others += [
        f"{begun - 1} before refused 502",
        f"{late} after connecting newcomer",
        f"{late} after refused 502",
    ]
    others += [f"{late + 9000} row {name} there" for name in ("let_in", "before", "after")]
    found = judged("FAULT-28", [*valid_run(), *others])
    assert (found.outcome, found.evidence["watched"]) == (Outcome.PASS, 2)


def test_the_bound_of_the_refused_begins_with_the_first_broadcast_after_them() -> None:
    second = f"{time_of('fault life/dropped') + 3000} fault life/dropped dropped1"
    assert judged("FAULT-28", [*MUTATIONS["FAULT-28"](valid_run()), second]).outcome is Outcome.FAIL


@pytest.mark.parametrize("unseen", ["clock", "row silent0 there", r"row silent\d there"])
def test_two_rows_must_have_been_seen_before_the_clock_was_moved(unseen: str) -> None:
    assert judged("FAULT-30", without(unseen)).outcome is Outcome.UNKNOWN


def test_the_last_look_at_a_row_counts_after_the_clock_was_moved() -> None:
    kept = f"{time_of('clock 93600') + 1} row silent0 there"
    assert judged("FAULT-30", [*valid_run(), kept]).outcome is Outcome.PASS


def test_a_row_that_was_not_looked_for_after_the_clock_was_moved_is_no_evidence() -> None:
    lines = without("row silent[01] absent")
    assert judged("FAULT-30", lines).outcome is Outcome.UNKNOWN
    moved = time_of("clock 93600")
    for at_ms, outcome in ((moved + 1, Outcome.UNKNOWN), (moved + 2, Outcome.NON_STRICT)):
        again = [f"{at_ms} row silent{n} there" for n in range(2)]  # a look takes a millisecond
        assert judged("FAULT-30", [*lines, *again]).outcome is outcome
