"""What the checkers of FAULT-20 to FAULT-30 make of what a fair judge must tell apart."""

from __future__ import annotations

import re

import pytest

from reports.results import Outcome

from .valid_run import valid_run
from .verdicts import judged, time_of, without


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


def test_a_client_whose_row_could_not_be_written_may_be_refused() -> None:
    lines = without(r"unwritten1 (connects|hears|closes)")
    assert judged("FAULT-25", lines).evidence == {"asked": 1, "refused": 1}


def test_a_refused_client_needs_no_row() -> None:
    lines = [re.sub(r"row (refused\d) there", r"row \1 absent", line) for line in valid_run()]
    assert judged("FAULT-28", lines).evidence == {"refused": 2, "rows": 0}


def test_without_a_trace_of_the_refused_nothing_is_known_of_their_rows() -> None:
    assert judged("FAULT-28", without(r"refused\d refused 502")).outcome is Outcome.UNKNOWN
