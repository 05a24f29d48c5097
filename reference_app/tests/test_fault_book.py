"""Decisions: dose, time, chance, and what the attempts of one call have in common."""

from __future__ import annotations

from dataclasses import replace

from reference_app.gateway.control.fault_book import FaultBook
from reference_app.gateway.control.fault_rules import (
    Address,
    ConnectionsAnswer,
    ConnectionsLatency,
    Fault,
    FaultRule,
    Occurrence,
    Site,
    TableThrottled,
)

POST = Occurrence(Site.CONNECTIONS_CALL, connection="a=", method="POST")
GONE = ConnectionsAnswer(410)


def book(*rules: FaultRule) -> FaultBook:
    result = FaultBook()
    for rule in rules:
        result.add(rule, now=100.0)
    return result


def faults(rules: FaultBook, occurrence: Occurrence = POST, now: float = 100.0) -> list[Fault]:
    return [injection.fault for injection in rules.decide(occurrence, now)]


def fates(rules: FaultBook, calls: int) -> list[bool]:
    return [bool(faults(rules)) for _ in range(calls)]


def test_an_empty_book_is_false_and_decides_nothing() -> None:
    assert not FaultBook()
    assert faults(FaultBook()) == []


def test_a_rule_acts_at_its_site_and_address_only() -> None:
    rules = book(FaultRule(GONE, Address(connection="a=")), FaultRule(TableThrottled()))
    assert faults(rules) == [GONE]
    assert faults(rules, replace(POST, connection="b=")) == []
    assert faults(rules, Occurrence(Site.TABLE_CALL)) == [TableThrottled()]


def test_of_two_rules_of_a_kind_the_first_decides_and_kinds_add_up() -> None:
    slow = ConnectionsLatency(0.01, 0.02)
    rules = book(FaultRule(GONE), FaultRule(ConnectionsAnswer(429)), FaultRule(slow))
    assert faults(rules) == [GONE, slow]


def test_a_count_is_exhausted_and_a_skip_comes_first() -> None:
    assert fates(book(FaultRule(GONE, skip=1, count=2)), 5) == [False, True, True, False, False]


def test_equal_seeds_mean_equal_fates() -> None:
    first, again = (fates(book(FaultRule(GONE, probability=0.5, seed=7)), 200) for _ in range(2))
    other = fates(book(FaultRule(GONE, probability=0.5, seed=8)), 200)
    assert first == again != other
    assert 60 < sum(first) < 140


def test_a_rule_lasts_for_its_time_span() -> None:
    rules = book(FaultRule(GONE, after_s=5, for_s=10))
    assert [bool(faults(rules, now=now)) for now in (104.9, 105.0, 114.9, 115.0)] == [
        False,
        True,
        True,
        False,
    ]


def test_the_attempts_of_a_call_share_its_fate_and_count_once() -> None:
    rules = book(FaultRule(GONE, count=1))
    attempts = [faults(rules, replace(POST, call=call)) for call in ("x", "x", "x", "y")]
    assert attempts == [[GONE], [GONE], [GONE], []]


def test_attempts_may_be_told_apart() -> None:
    rules = book(FaultRule(GONE, count=1, per="attempt"))
    assert [faults(rules, replace(POST, call="x")) for _ in range(2)] == [[GONE], []]


def test_a_removed_rule_lets_go_of_what_it_holds() -> None:
    rules, released = book(FaultRule(GONE)), []
    (rule_id,) = (state.rule_id for state in rules.states())
    rules.on_removal(rule_id, lambda: released.append("held"))
    taken_back = rules.on_removal(rule_id, lambda: released.append("over"))
    taken_back()

    assert rules.remove(rule_id) == FaultRule(GONE)
    assert released == ["held"]
    assert rules.remove(rule_id) is None
    rules.on_removal(rule_id, lambda: released.append("late"))
    assert released == ["held", "late"]


def test_the_book_tells_what_its_rules_have_done() -> None:
    rules = book(FaultRule(GONE, count=1))
    fates(rules, 3)
    (state,) = rules.states()
    assert (state.seen, state.injected) == (3, 1)
    assert rules.state(state.rule_id) == state
    assert rules.clear() == [state.rule_id]
    assert rules.states() == []
