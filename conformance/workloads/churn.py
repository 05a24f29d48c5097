"""Connections come and go while everybody speaks; then the damage that lasts is looked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from conformance.harness.churn import perform
from conformance.harness.client import CONNECT_S, Client
from conformance.harness.deadline import Deadline
from conformance.harness.plan import Action, Connect, Plan, Rates, draw

from .session import Scale, Session

_LEAST = 3
_NEWCOMERS = 8
"""At least so many come while broadcasts run and stay, and so many all at once: deafness is a matter of
chance, and the fewer are asked, the less is known of its rate."""
_VISITS = 16
"""At least so many come and go, about, however short the churn is: fewer prove nothing."""
_MOST_ARRIVALS = 250.0
"""A second; API Gateway takes 500 new connections a second of a whole account (LM-1)."""
_HEAL_ROUNDS = 2
_FINAL_ROUNDS = 3
_ROUND_S = 0.4


def plan_of(scale: Scale) -> Plan:
    """What the workload will do: drawn from the seed alone.

    Those who stay are there before it begins. Beside the visits, some clients come while broadcasts
    run and stay, and some come all at once.
    """
    stayers = max(_LEAST, scale.connections // 2)
    rates = Rates(sends=10.0, arrivals=max(2.0, scale.connections / 4)).times(scale.churn)
    rates = replace(
        rates,
        arrivals=min(max(rates.arrivals, _VISITS / scale.churn_s), _MOST_ARRIVALS),
        stay_s=min(rates.stay_s, scale.churn_s / 5),
    )
    plan = draw(scale.seed, stayers, scale.churn_s, rates)
    random = Random(scale.seed)
    slot = 1 + max(action.slot for action in plan.actions)
    residents = max(_NEWCOMERS, scale.connections // 4)
    at_once = round(scale.churn_s / 2, 3)
    extra: list[Action] = [
        Connect(round(random.uniform(0.1, 0.8) * scale.churn_s, 3), slot + number, "joiner")
        for number in range(residents)
    ]
    extra += [Connect(at_once, slot + residents + number, "burst") for number in range(residents)]
    drawn = [action for action in plan.actions if not (isinstance(action, Connect) and action.slot < stayers)]
    return replace(plan, actions=tuple(sorted([*drawn, *extra], key=lambda action: action.at_s)))


def run(session: Session) -> None:
    plan = session.plan
    strangers = session.rows()
    session.phase("churn", "set-up")
    session.progress(f"churn: {plan.stayers} clients come who stay")
    with session.telling(lambda: f"churn: {session.clients_there()} clients are there"):
        slots = dict(enumerate(session.connect_crowd("stayer", plan.stayers)))
    session.phase("churn", "main")
    session.progress(f"churn: {len(plan.actions)} actions in {plan.duration_s:g} s, seed {plan.seed}")
    deadline = Deadline(plan.duration_s + CONNECT_S)
    with session.telling(lambda: _so_far(session, deadline)):
        performed = perform(session.fleet, plan, deadline, group="churn/main", there=slots)
    if unbegun := performed.outcomes["cut off"]:
        session.progress(
            f"churn: {unbegun} actions were not begun {CONNECT_S:g} s after their time: this machine, or the "
            "backend, is too slow for so many; fewer --connections or a smaller --churn tell more"
        )
    there = [client for client in performed.clients.values() if client.is_open]
    stayers = [client for client in there if client.group == "stayer"]
    if not stayers:
        return
    session.phase("churn", "heal")
    session.progress(f"churn: over; {len(there)} clients are there, healing")
    _heal(session, stayers, there, strangers)
    session.phase("churn", "final")
    session.progress("churn: final broadcasts, and a look at every row")
    told = session.can_tell_left_over(there)
    if not told:
        session.look(there)  # a look after the last broadcast would say that nobody else's row is left
    for number in range(_FINAL_ROUNDS):
        session.say(stayers[number % len(stayers)], "churn/final", among=there)
    if told:
        for connection_id in session.left_over(strangers, there):
            session.observe(connection_id)
        session.look(there)
    session.retire(there)


def _so_far(session: Session, deadline: Deadline) -> str:
    passed_s = deadline.seconds - deadline.remaining()
    late = f", {passed_s - session.plan.duration_s:.0f} s late" if passed_s > session.plan.duration_s else ""
    return f"churn: {passed_s:.0f} of {session.plan.duration_s:g} s{late}, {session.clients_there()} clients"


def _heal(
    session: Session, stayers: Sequence[Client], there: Sequence[Client], strangers: frozenset[str]
) -> None:
    """Broadcasts go on, calmly, until no row is left of those who went, or the stale bound has passed."""
    deadline = session.until_stale(session.young())
    if session.table is not None:
        session.identify(there)
    turn = 0
    while turn < _HEAL_ROUNDS or (session.left_over(strangers, there) and not deadline.expired()):
        session.say(stayers[turn % len(stayers)], "churn/heal", among=there)
        turn += 1
        session.pause(_ROUND_S)
