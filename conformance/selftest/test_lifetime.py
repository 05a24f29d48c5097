"""What the checkers of FAULT-20 to FAULT-30 make of what a fair judge must tell apart."""

from __future__ import annotations

import re

import pytest

from conformance.checkers import judge
from conformance.checkers.case import Case
from conformance.harness.contract import Bounds, Contract
from reports.results import ClauseResult, Outcome

from .story import history_of
from .valid_run import valid_run


def _judged(clause: str, lines: list[str]) -> ClauseResult:
    return judge(
        clause, Case(history_of(lines), Contract(), Bounds(deliver_s=1.0, cleanup_s=2.0, stale_s=3.0))
    )


def _without(pattern: str) -> list[str]:
    return [line for line in valid_run() if not re.search(pattern, line)]


def _time_of(pattern: str) -> int:
    return int(next(line for line in valid_run() if re.search(pattern, line)).split()[0])


@pytest.mark.parametrize(
    ("clause", "fault"),
    [
        ("FAULT-22", "life/dropped"),
        ("FAULT-23", "life/late"),
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
    assert _judged(clause, lines).outcome is Outcome.UNKNOWN


def test_a_handshake_that_was_pending_while_nobody_spoke_proves_nothing() -> None:
    assert _judged("FAULT-20", _without("fault/life/pending|fault-life-pending")).outcome is Outcome.UNKNOWN


def test_a_broadcast_may_post_to_somebody_who_is_connecting() -> None:
    """Only what this very `$connect` posts is asked about, not what another invocation does meanwhile."""
    at = _time_of("life2 connects")
    assert _judged("FAULT-21", [*valid_run(), f"{at + 2} backend posts life2 410"]).outcome is Outcome.PASS


def test_an_audience_that_was_not_read_may_be_told_to_the_sender() -> None:
    unheard = _without("hears fault-life-unread")
    assert _judged("FAULT-26", unheard).outcome is Outcome.NON_STRICT
    at = _time_of("sends fault-life-unread")
    told = [*unheard, f'{at + 5} life0 frame {{"error": "try again"}}']
    assert _judged("FAULT-26", told).outcome is Outcome.PASS


def test_a_client_whose_row_could_not_be_written_may_be_refused() -> None:
    lines = _without(r"unwritten1 (connects|hears|closes)")
    assert _judged("FAULT-25", lines).evidence == {"asked": 1, "refused": 1}


def test_a_refused_client_needs_no_row() -> None:
    lines = [re.sub(r"row (refused\d) there", r"row \1 absent", line) for line in valid_run()]
    assert _judged("FAULT-28", lines).evidence == {"refused": 2, "rows": 0}


def test_without_a_trace_of_the_refused_nothing_is_known_of_their_rows() -> None:
    assert _judged("FAULT-28", _without(r"refused\d refused 502")).outcome is Outcome.UNKNOWN
