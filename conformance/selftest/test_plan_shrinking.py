from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.harness.plan import (
    Abort,
    Action,
    Burst,
    Close,
    Connect,
    Plan,
    Rates,
    Reconnect,
    Send,
    StopReading,
    Vanish,
    draw,
)
from conformance.harness.plan_shrinking import coherent, shrink

_WHOLE = draw(1, 6, 10.0, Rates(half_open=0.2))


def _never() -> bool:
    return False


def _has(*kinds: type[Action]) -> Callable[[Plan], bool]:
    return lambda plan: all(any(isinstance(action, kind) for action in plan.actions) for kind in kinds)


def test_what_one_action_causes_is_shrunk_to_it_and_what_it_needs() -> None:
    small = shrink(_WHOLE, _has(Reconnect), _never)
    assert [type(action) for action in small.actions] == [Reconnect]
    assert small.stayers == 1
    assert small.duration_s <= 0.05


def test_what_two_actions_of_one_slot_cause_keeps_both_in_their_order() -> None:
    def fails(plan: Plan) -> bool:
        gone = {action.slot for action in plan.actions if isinstance(action, StopReading)}
        return any(isinstance(action, Connect) and action.slot in gone for action in plan.actions)

    kinds = [type(action) for action in shrink(_WHOLE, fails, _never).actions]
    assert kinds == [Connect, StopReading]


def test_what_needs_several_visitors_keeps_as_many() -> None:
    def fails(plan: Plan) -> bool:
        return len({action.slot for action in plan.actions if action.slot >= plan.stayers}) >= 3

    small = shrink(_WHOLE, fails, _never)
    assert fails(small)
    assert len(small.actions) == 3


def test_texts_bursts_and_harsh_ways_out_that_do_not_matter_become_plain() -> None:
    actions = (
        Connect(0.0, 1, "joiner"),
        Burst(0.0, 0, 5),
        Send(0.01, 1, "before", "after"),
        Abort(0.02, 1),
    )

    def fails(plan: Plan) -> bool:
        return len(plan.actions) == 4

    small = shrink(Plan(1, 1, 0.02, actions), fails, _never)
    assert small.actions == (
        Connect(0.0, 1, "joiner"),
        Send(0.0, 0),
        Send(0.01, 1),
        Close(0.02, 1),
    )


def test_a_plan_that_fails_as_a_whole_only_comes_back_as_it_is() -> None:
    assert shrink(_WHOLE, lambda plan: plan == _WHOLE, _never) == _WHOLE


def test_nothing_is_asked_when_it_is_enough() -> None:
    asked: list[Plan] = []

    def fails(plan: Plan) -> bool:
        asked.append(plan)
        return True

    shrink(_WHOLE, fails, lambda: len(asked) >= 3)
    assert len(asked) == 3


@settings(max_examples=30)
@given(st.integers(0, 1000), st.sampled_from([Reconnect, Abort, StopReading, Send, Close]))
def test_what_comes_back_fails_makes_sense_and_was_not_asked_twice(seed: int, kind: type[Action]) -> None:
    whole = draw(seed, 3, 4.0, Rates(arrivals=4.0, half_open=0.3))
    asked: list[Plan] = []

    def fails(plan: Plan) -> bool:
        asked.append(plan)
        return _has(kind)(plan)

    small = shrink(whole, fails, _never)
    assert small == whole or fails(small)
    assert small == whole or coherent(small) == small
    assert len(set(asked[:-1])) == len(asked[:-1])


def test_a_coherent_plan_leaves_out_what_nobody_is_there_to_do() -> None:
    actions = (
        Send(0.1, 5),
        Connect(0.2, 5, "joiner"),
        Vanish(0.3, 5),
        StopReading(0.4, 5),
        Send(0.5, 5),
        Vanish(0.6, 5),
        Vanish(0.7, 5),
        Send(0.8, 0),
        Close(0.9, 9),
    )
    kept = coherent(Plan(1, 1, 5.0, actions))
    assert [action.at_s for action in kept.actions] == [0.2, 0.4, 0.6, 0.8]
    assert kept.duration_s == 0.8
