from __future__ import annotations

import pytest

from conformance.checkers.case import Case
from conformance.checkers.evidence import life_timeline
from conformance.harness.contract import Bounds, Contract

from .story import history_of
from .valid_run import FORBIDDEN


@pytest.mark.parametrize(("group", "mark"), [("mischief/identify", ""), ("wiring", "bad")])
def test_forbidden_is_wrong_unless_it_answers_mischief(group: str, mark: str) -> None:
    history = history_of(["0 a connects stayer", f"50 a sends m1 {group}", f"60 a frame {FORBIDDEN}"])
    case = Case(history, Contract(), Bounds())
    (answer,) = (step for step in life_timeline(case, case.connection(0)) if "frame" in step.what)
    assert answer.mark == mark


def test_a_life_begins_with_its_handshake_whatever_was_planted_before() -> None:
    planted = [f"{n} plants gone first" for n in range(30)]
    history = history_of([*planted, "100 a connects leaver", "200 a closes", "300 row a there"])
    case = Case(history, Contract(), Bounds())
    told = [step.what for step in life_timeline(case, case.connection(0))]
    assert told[0] == "connects"
    assert {"closes", "row of a is there"} < set(told)
    assert not any("planted" in what for what in told)
