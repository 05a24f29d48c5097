"""What the clauses about departures take for evidence, beyond what the mutations show."""

from __future__ import annotations

import pytest

from reports.results import Outcome

from .valid_run import valid_run
from .verdicts import judged, time_of, without


@pytest.mark.parametrize(
    ("clause", "pattern", "outcome"),
    [
        ("DISC-01", "row lc0 there", Outcome.PASS),
        ("DISC-01", "row lc[01] there", Outcome.UNKNOWN),
        ("DISC-04", "row d0 there", Outcome.PASS),
        ("DISC-04", "row d[01] there", Outcome.UNKNOWN),
    ],
)
def test_two_rows_must_have_been_seen_before(clause: str, pattern: str, outcome: Outcome) -> None:
    assert judged(clause, without(pattern)).outcome is outcome


@pytest.mark.parametrize(
    ("pattern", "outcome"), [("parting2", Outcome.PASS), ("parting[12]", Outcome.UNKNOWN)]
)
def test_two_must_have_spoken_as_they_left(pattern: str, outcome: Outcome) -> None:
    assert judged("DISC-06", without(pattern)).outcome is outcome


def test_the_row_of_somebody_who_has_not_left_is_not_watched() -> None:
    late = time_of("row lc0 absent") + 9000
    lines = [line for line in valid_run() if not line.endswith("lc0 closes")]
    found = judged("DISC-01", [*lines, f"{late} row lc0 there"])
    assert (found.outcome, found.evidence["watched"]) == (Outcome.PASS, 2)
