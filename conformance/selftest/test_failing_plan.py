from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.checkers import judge
from conformance.checkers.case import Case
from conformance.failing_plan import (
    JUDGED_BY_PLAN,
    SHRUNK,
    Asked,
    SecondLook,
    with_second_look,
    worth_a_second_look,
)
from conformance.harness.contract import Bounds, Contract
from conformance.harness.errors import UsageError
from conformance.harness.plan import Close, Connect, Plan, Reconnect, draw
from conformance.harness.target import LocalApplication, Target, load_target
from reports.proportion import proportion
from reports.results import Finding

from .story import history_of
from .valid_run import valid_run

_BOUNDS = Bounds(deliver_s=1.0, cleanup_s=2.0, stale_s=3.0, connect_s=0.0)


def _target() -> Target:
    target = load_target("ws://127.0.0.1:9/prod")
    assert isinstance(target, Target)
    return target


def _case(*unheard: str) -> Case:
    """The valid run, without the deliveries that are named."""
    lines = [line for line in valid_run() if not any(f" {words}" in line for words in unheard)]
    return Case(history_of(lines), Contract(), _BOUNDS)


_GREEN = _case()
_RED = _case("j1 hears churn-final")


class _Look(SecondLook):
    """A second look whose performances are told, not made."""

    answer: Callable[[Plan], Case]
    hasty: Callable[[Plan], bool] | None = None
    """Whether the plan fails where nobody waits for the whole bound; None: as `answer` has it."""

    def _perform(self, plan: Plan, folder: Path, bounds: Bounds | None = None) -> Case:
        return self.answer(plan)

    def _fails(self, clause: str, plan: Plan, bounds: Bounds) -> bool:
        return self.hasty(plan) if self.hasty else super()._fails(clause, plan, bounds)


def _look(folder: Path, answer: Callable[[Plan], Case], plan: Plan | None = None) -> _Look:
    look = _Look(_target(), folder, plan or draw(1, 3, 10.0), lambda _line: None)
    look.answer = answer
    return look


def test_a_clause_that_is_violated_and_asked_about_is_worth_a_second_look() -> None:
    assert worth_a_second_look(_RED, JUDGED_BY_PLAN) == ["CHURN-04"]
    assert worth_a_second_look(_RED, ["CHURN-01"]) == []
    assert worth_a_second_look(_GREEN, JUDGED_BY_PLAN) == []


def test_repeats_are_counted_and_those_that_tell_nothing_are_left_out(tmp_path: Path) -> None:
    nothing = Case(history_of(["0 lag 1"]), Contract(), _BOUNDS)
    cases: Iterator[Case] = iter([_RED, _GREEN, nothing, _RED])
    look = _look(tmp_path, lambda _plan: next(cases))
    look.repeat(["CHURN-04"], 4)
    assert look.repeats_of("CHURN-04") == proportion(2, 3)
    assert look.repeats_of("CHURN-01") is None


def test_the_result_says_how_often_the_plan_fails(tmp_path: Path) -> None:
    look = _look(tmp_path, lambda _plan: _RED)
    look.repeat(["CHURN-04"], 2)
    result = with_second_look(judge("CHURN-04", _RED), look, lambda *_: "")
    assert result.repeats == proportion(2, 2)
    assert result.reason.endswith("fails 2 of 2 times (95 % confidence interval 34 % to 100 %)")
    untouched = judge("CHURN-01", _RED)
    assert with_second_look(untouched, look, lambda *_: "") == untouched


def test_a_shrunk_plan_is_saved_and_told_before_everything_else(tmp_path: Path) -> None:
    def fails_by_a_return(plan: Plan) -> Case:
        return _RED if any(isinstance(action, Reconnect) for action in plan.actions) else _GREEN

    look = _look(tmp_path, fails_by_a_return)
    look.shrink("CHURN-04", _RED, 60.0)
    saved = Plan.from_json((tmp_path / SHRUNK).read_text())
    assert [type(action) for action in saved.actions] == [Reconnect]
    told = with_second_look(judge("CHURN-04", _RED), look, lambda plan, clause: f"again {plan} {clause}")
    first: Finding = told.findings[0]
    assert first.title.startswith(f"smallest plan that still fails, 1 of {len(look.plan.actions)} actions")
    assert first.repeat == f"again {tmp_path / SHRUNK} CHURN-04"
    assert first.timeline
    assert told.findings[1:] == judge("CHURN-04", _RED).findings


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_shrunk_plan_must_fail_once_more_at_the_bound_itself(tmp_path: Path, confirmed: bool) -> None:
    plan = Plan(1, 3, 1.0, (Connect(0.0, 5, "joiner"), Close(1.0, 5)))
    look = _look(tmp_path, lambda _plan: _RED if confirmed else _GREEN, plan)
    look.hasty = lambda plan: plan.duration_s < 1.0
    look.shrink("CHURN-04", _RED, 60.0)
    assert (look.shrunk is not None) is confirmed
    assert (tmp_path / SHRUNK).exists() is confirmed


def test_without_a_smaller_plan_none_is_saved(tmp_path: Path) -> None:
    look = _look(tmp_path, lambda _plan: _GREEN)
    look.shrink("CHURN-04", _RED, 60.0)
    assert look.shrunk is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("asked", [Asked(repeats=-1), Asked(repeats=1001), Asked(shrink_s=float("nan"))])
def test_what_cannot_be_done_is_refused(asked: Asked) -> None:
    with pytest.raises(UsageError, match="between 0 and"):
        asked.check(LocalApplication(None))


def test_only_a_local_stack_is_asked_again_and_again() -> None:
    Asked(repeats=10).check(_target())
    Asked(shrink_s=10).check(LocalApplication(None))
    with pytest.raises(UsageError, match="on a local stack only"):
        Asked(shrink_s=10).check(_target())
