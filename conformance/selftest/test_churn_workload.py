from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path

import pytest

from conformance.harness.errors import UsageError
from conformance.harness.plan import Abort, Close, Connect, Plan, Reconnect, Send, StopReading
from conformance.workloads import churn
from conformance.workloads import session as session_module
from conformance.workloads.churn import plan_of
from conformance.workloads.session import Scale
from reports.history_reader import read_history

from .controlled_session import controlled_session


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


def test_who_stays_comes_when_the_one_before_is_there(tmp_path: Path) -> None:
    with controlled_session(tmp_path) as controlled:
        controlled.session.plan = Plan(1, stayers=4, duration_s=0.1, actions=(Send(0.05, 0),))
        churn.run(controlled.session)
    stayers = [c for c in read_history(tmp_path).connections if c.group == "stayer"]
    assert len(stayers) == 4
    assert all(later.opening_ns >= (former.opened_ns or 0) for former, later in pairwise(stayers))


def test_actions_that_were_not_begun_in_time_are_told_with_what_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(churn, "CONNECT_S", 0.1)
    told: list[str] = []
    with controlled_session(tmp_path) as controlled:
        session = controlled.session
        session.progress = told.append
        session.plan = Plan(1, stayers=1, duration_s=0.1, actions=(Send(0.05, 0), Send(60.0, 0)))
        churn.run(session)
    assert any(
        line.startswith("churn: 1 actions were not begun") and "--connections" in line for line in told
    )


def test_long_work_is_seen_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "_TELL_S", 0.01)
    twice = threading.Barrier(2)
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        if len(told) == 2:
            twice.wait(10)

    with controlled_session(tmp_path) as controlled:
        controlled.session.progress = tell
        controlled.session.connect("stayer", 2)
        with controlled.session.telling(lambda: f"{controlled.session.clients_there()} clients"):
            twice.wait(10)
    assert told[:2] == ["2 clients", "2 clients"]
