"""A load that was stopped before its time does not pass."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loadtests._verdict import held_to
from reports.results import PhaseSpan, Results
from reports.tests.sample_runs import passing_run


def _lasted(main_s: float) -> Results:
    return replace(passing_run("load"), phases=(PhaseSpan("load", "main", 2.0, 2.0 + main_s),))


@pytest.mark.parametrize("asked_s", [None, 25.0, 28.0])
def test_a_run_that_lasted_as_long_as_asked_passes(asked_s: float | None) -> None:
    assert held_to(_lasted(25.0), asked_s) == _lasted(25.0)


def test_a_run_that_was_stopped_says_how_much_of_it_there_is() -> None:
    stopped = held_to(_lasted(25.0), 60.0)
    assert stopped.verdict == "inconclusive"
    assert stopped.reason.startswith("it was stopped after 25 s of the 1 min 00 s asked for; until then ")
    assert stopped.reason.endswith(_lasted(25.0).reason)


def test_a_run_that_never_came_to_its_main_phase_does_not_pass() -> None:
    assert held_to(replace(passing_run("load"), phases=()), 60.0).verdict == "inconclusive"


def test_a_run_that_is_inconclusive_as_well_says_first_that_it_was_stopped() -> None:
    thin = replace(_lasted(25.0), verdict="inconclusive", reason="too little evidence")
    stopped = held_to(thin, 60.0)
    assert stopped.reason.endswith("of the 1 min 00 s asked for; until then too little evidence")


def test_what_went_wrong_before_it_was_stopped_is_proven() -> None:
    lossy = replace(_lasted(25.0), verdict="fail", reason="11 of 12 clauses hold")
    assert held_to(lossy, 60.0) == lossy
