"""A capacity search without an answer does not pass."""

from __future__ import annotations

from dataclasses import replace

from loadtests._verdict import answered
from reports.results import Capacity, Delivery, Latency, Stage
from reports.tests.sample_runs import passing_run

_RUN = passing_run("load")
_TRIED = (Stage(10, 2.0, 20.0, Delivery(), Latency(), held=True),)
_HELD = Capacity(10, 2.0, 20.0, broken_at=12, stages=_TRIED)
_NOTHING_HELD = Capacity(0, 0.0, 0.0, broken_at=1, stages=(replace(_TRIED[0], held=False, reason="1 lost"),))


def test_a_search_that_came_to_its_answer_passes() -> None:
    assert answered(_RUN, _HELD, ended=True) == _RUN


def test_a_search_that_was_stopped_says_what_it_knows_so_far() -> None:
    stopped = answered(_RUN, _HELD, ended=False)
    assert stopped.verdict == "inconclusive"
    assert stopped.reason.startswith(
        "the search was stopped before it ended; until then capacity: 10 users held"
    )


def test_a_search_in_which_nothing_held_has_no_answer() -> None:
    found = answered(_RUN, _NOTHING_HELD, ended=True)
    assert (found.verdict, found.reason) == ("inconclusive", "capacity: none of the 1 loads tried held")


def test_a_search_that_tried_nothing_to_its_end_says_so() -> None:
    found = answered(_RUN, Capacity(0, 0.0, 0.0, broken_at=None, stages=()), ended=False)
    assert found.reason.endswith("until then capacity: no load was tried to its end")


def test_what_was_violated_stays_so() -> None:
    violated = replace(_RUN, verdict="fail", reason="1 clause violated")
    assert answered(violated, _NOTHING_HELD, ended=False) == violated
