from __future__ import annotations

import pytest

from conformance.harness.errors import UsageError
from conformance.harness.plan import Abort, Close, Connect, Plan, Reconnect, Send, StopReading
from conformance.workloads.churn import plan_of
from conformance.workloads.session import Scale


def _gone_while_others_speak(plan: Plan) -> int:
    last_s = max(action.at_s for action in plan.actions if isinstance(action, Send))
    leaving = (action for action in plan.actions if isinstance(action, Close | Abort | StopReading))
    return sum(action.at_s < last_s for action in leaving)


@pytest.mark.parametrize(("connections", "churn_s"), [(4, 2.0), (6, 4.0), (12, 10.0)])
def test_every_seed_draws_enough_coming_and_going_to_be_judged_by(connections: int, churn_s: float) -> None:
    plans = [plan_of(Scale(seed, connections, churn_s)) for seed in range(200)]
    assert min(map(_gone_while_others_speak, plans)) >= 3


def test_a_plan_of_some_thousands_comes_and_goes_within_the_quota_for_new_connections() -> None:
    plan = plan_of(Scale(1, connections=4000))
    visits = [action for action in plan.actions if isinstance(action, Connect | Reconnect)]
    assert plan.stayers == 2000
    assert sum(action.group == "joiner" for action in visits) < 10 * 500


def test_the_factor_scales_what_happens_and_not_who_stays() -> None:
    once, thrice = plan_of(Scale(1)), plan_of(Scale(1, churn=3.0))
    assert thrice.stayers == once.stayers
    assert 2 < _gone_while_others_speak(thrice) / _gone_while_others_speak(once) < 4.5


@pytest.mark.parametrize(
    ("scale", "option"),
    [
        ({"connections": 3}, "--connections"),
        ({"connections": 5001}, "--connections"),
        ({"churn": 0.0}, "--churn"),
        ({"churn": float("nan")}, "--churn"),
        ({"churn_s": 0.5}, "--churn-seconds"),
    ],
)
def test_a_scale_out_of_range_is_refused_with_the_range(scale: dict[str, float], option: str) -> None:
    with pytest.raises(UsageError, match=f"{option} must be between .* and .*, not"):
        Scale(1, **scale)  # type: ignore[arg-type]
