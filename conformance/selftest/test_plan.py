from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.harness.plan import (
    ACTION_TYPES,
    Abort,
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

BUSY = Rates(sends=30, arrivals=10, bursts=2, half_open=0.2)


@given(st.integers(), st.integers(0, 20))
def test_a_plan_comes_from_its_seed_alone(seed: int, stayers: int) -> None:
    assert draw(seed, stayers, 1.0, BUSY) == draw(seed, stayers, 1.0, BUSY)


def test_half_open_clients_hold_their_sockets_until_they_vanish() -> None:
    visits = (
        Connect(0.1, 1, "joiner"),
        StopReading(0.2, 1),
        Connect(0.3, 2, "joiner"),
        Vanish(0.4, 1),
        Close(0.5, 2),
        Reconnect(0.6, 2, "joiner"),
    )
    assert Plan(1, stayers=1, duration_s=1.0, actions=visits).most_at_once == 3


def test_another_seed_is_another_plan() -> None:
    assert draw(1, 4, 5.0) != draw(2, 4, 5.0)


@given(st.integers(0, 1000))
def test_a_plan_survives_its_file(seed: int) -> None:
    plan = draw(seed, 3, 1.0, BUSY)
    assert Plan.from_json(plan.to_json()) == plan


def test_every_kind_of_action_survives_its_file() -> None:
    actions = (
        Connect(0.0, 1, "g"),
        Send(0.1, 1, "a\ud800", "é"),
        Burst(0.2, 1, 3),
        Close(0.3, 1, 4000),
        Reconnect(0.4, 1, "g"),
        Abort(0.5, 1),
        StopReading(0.6, 2),
        Vanish(0.7, 2),
    )
    assert {type(action) for action in actions} == set(ACTION_TYPES.values())
    plan = Plan(7, 0, 1.0, actions)
    assert Plan.from_json(plan.to_json()) == plan


@given(st.integers(0, 1000))
def test_actions_stand_in_the_order_of_their_time_within_the_duration(seed: int) -> None:
    times = [action.at_s for action in draw(seed, 3, 3.0, BUSY).actions]
    assert times == sorted(times)
    assert 0 <= times[0] <= times[-1] <= 3.0


@given(st.integers(0, 1000))
def test_stayers_connect_first_and_never_leave(seed: int) -> None:
    plan = draw(seed, 3, 3.0, BUSY)
    assert [action.slot for action in plan.actions[:3]] == [0, 1, 2]
    assert all(isinstance(action, Connect) for action in plan.actions[:3])
    leavers = {action.slot for action in plan.actions if isinstance(action, Close | Abort | StopReading)}
    assert not leavers & {0, 1, 2}


@given(st.integers(0, 1000))
def test_the_actions_of_a_slot_make_sense_in_their_order(seed: int) -> None:
    present: dict[int, bool] = {}
    silent: set[int] = set()
    for action in draw(seed, 3, 3.0, BUSY).actions:
        match action:
            case Connect():
                assert action.slot not in present
                present[action.slot] = True
            case Reconnect():
                assert present[action.slot] is False
                present[action.slot] = True
            case Close() | Abort() | StopReading():
                assert present[action.slot]
                present[action.slot] = False
                if isinstance(action, StopReading):
                    silent.add(action.slot)
            case Vanish():
                silent.remove(action.slot)
            case Send() | Burst():
                assert present[action.slot]
    assert not silent


def test_rates_decide_how_much_happens() -> None:
    def count(rates: Rates, *kinds: type) -> int:
        return sum(isinstance(action, kinds) for action in draw(5, 4, 20.0, rates).actions)

    assert 150 < count(Rates(sends=10), Send) < 250
    assert count(Rates(sends=0, bursts=0, arrivals=0), Send, Burst, Close, Abort) == 0
    assert count(Rates(aborts=1.0), Close) == 0
    assert count(Rates(aborts=0.0), Abort) == 0
    assert count(Rates(returns=0.0), Reconnect) == 0
    assert count(Rates(half_open=1.0), Reconnect, Close, Abort) == 0
    assert count(Rates(half_open=1.0), StopReading) == count(Rates(half_open=1.0), Vanish) > 0
    assert count(Rates(half_open=0.0), StopReading, Vanish) == 0


def test_a_factor_makes_more_happen_and_leaves_the_shares() -> None:
    once, thrice = Rates(), Rates().times(3)
    assert (thrice.sends, thrice.arrivals, thrice.bursts) == (30.0, 6.0, 3 * once.bursts)
    assert (thrice.aborts, thrice.stay_s, thrice.idle) == (once.aborts, once.stay_s, once.idle)


def test_the_idle_among_those_who_stay_only_listen() -> None:
    actions = draw(1, 8, 30.0, Rates(sends=50, bursts=5, idle=0.25)).actions
    speakers = {action.slot for action in actions if isinstance(action, Send | Burst)}
    assert {slot for slot in range(8) if slot not in speakers} == {6, 7}


def test_without_anybody_nobody_speaks() -> None:
    plan = draw(1, 0, 5.0, replace(Rates(), arrivals=0.0))
    assert plan.actions == ()


def test_payloads_are_of_many_scripts_and_sizes() -> None:
    texts = [action.before + action.after for action in draw(1, 4, 60.0).actions if isinstance(action, Send)]
    assert any(text.isascii() for text in texts)
    assert any(ord(max(text)) > 0xFFFF for text in texts if text)
    assert max(map(len, texts)) > 1000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"format": 1}',
        '{"format": 9, "seed": 1, "stayers": 1, "duration_s": 1, "actions": []}',
        '{"format": 1, "seed": 1, "stayers": 1, "duration_s": 1, "actions": [{"do": "Dance"}]}',
        '{"format": 1, "seed": 1, "stayers": 1, "duration_s": 1, "actions": [{"do": "Close", "at_s": 1}]}',
        '{"format": 1, "seed": 1, "stayers": -1, "duration_s": 1, "actions": []}',
        '{"format": 1, "stayers": 1, "duration_s": 1, "actions": []}',
        "[" * 100_000,
    ],
)
def test_what_is_no_plan_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"churnproof plan|plan format 9; this version reads format 1"):
        Plan.from_json(text)


def test_actions_that_were_written_down_in_any_order_are_performed_in_the_order_of_time() -> None:
    late, early = Send(2.0, 0), Connect(1.0, 0, "g")
    assert Plan.from_json(Plan(1, 0, 3.0, (late, early)).to_json()).actions == (early, late)


def test_the_file_is_ascii_and_one_action_is_readable() -> None:
    text = draw(1, 1, 1.0).to_json()
    assert text.isascii()
    assert json.loads(text)["actions"][0] == {
        "do": "Connect",
        "at_s": 0.0,
        "slot": 0,
        "group": "stayer",
    }
