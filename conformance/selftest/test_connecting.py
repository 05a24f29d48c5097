"""What the clauses about handshakes take for evidence, beyond what the mutations show."""

from __future__ import annotations

import pytest

from conformance.harness.contract import Bounds, Contract
from reports.results import Outcome

from .verdicts import judged

_END = "9000 lag 1"
_LET_IN = [f"{number} n{number} connects newcomer" for number in range(3)]
_ROWS = [f"{20 + number} row n{number} there" for number in range(3)]


def _refused(name: str, status: int, at_ms: int = 100) -> list[str]:
    return [f"{at_ms} {name} connecting newcomer", f"{at_ms + 50} {name} refused {status}"]


def test_three_handshakes_are_enough_and_two_are_not() -> None:
    assert judged("CONN-01", [*_LET_IN, _END]).outcome is Outcome.PASS
    assert judged("CONN-01", [*_LET_IN[:2], _END]).outcome is Outcome.UNKNOWN


def test_a_throttled_handshake_is_nobodys_fault_and_no_evidence() -> None:
    result = judged("CONN-01", [*_LET_IN, *_refused("x", 429), _END])
    assert result.outcome is Outcome.PASS
    assert (result.evidence["asked"], result.evidence["refused"], result.evidence["throttled"]) == (4, 0, 1)
    few = judged("CONN-01", [*_LET_IN[:2], *_refused("x", 429), _END])
    assert few.outcome is Outcome.UNKNOWN
    assert few.reason.startswith("only 2 handshakes")


def test_a_429_that_the_application_itself_answers_is_a_refusal() -> None:
    lines = [*_LET_IN, *_refused("x", 429), *_refused("y", 429), _END]
    assert judged("CONN-01", [*lines, "120 backend succeeds x"]).outcome is Outcome.PASS
    result = judged("CONN-01", [*lines, "120 backend refuses x"])
    assert result.outcome is Outcome.FAIL
    assert (result.evidence["refused"], result.evidence["throttled"]) == (1, 1)


def test_a_refused_handshake_is_told_with_its_status() -> None:
    result = judged("CONN-01", [*_LET_IN, *_refused("x", 403), *_refused("y", 500), _END])
    assert result.reason == "2 of 5 handshakes were refused: 403"
    assert [finding.observed for finding in result.findings] == ["HTTP 403", "HTTP 500"]


@pytest.mark.parametrize(("busy", "outcome"), [("lag 800", Outcome.UNKNOWN), ("lag 3", Outcome.FAIL)])
def test_one_refusal_that_no_busy_machine_excuses_is_enough(busy: str, outcome: Outcome) -> None:
    first = ["2000 lag 1", *_refused("x", 500, 3000), "3500 lag 800", "5500 lag 1"]
    second = [*_refused("y", 500, 6000), f"6500 {busy}", _END]
    assert judged("CONN-01", [*_LET_IN, *first, *second]).outcome is outcome


def test_a_machine_that_was_busy_a_bound_later_excuses_no_refusal() -> None:
    lines = [*_LET_IN, *_refused("x", 500, 3000), "4500 lag 3", "5500 lag 800"]
    assert judged("CONN-01", lines).outcome is Outcome.FAIL


def test_a_handshake_has_the_delivery_bound_to_be_given_up_in() -> None:
    lines = [*_LET_IN, *_refused("x", 500, 3000), "4500 lag 3", "5900 lag 800"]
    assert judged("CONN-01", lines, bounds=Bounds(deliver_s=3.0)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(("seen", "outcome"), [(3, Outcome.PASS), (2, Outcome.UNKNOWN)])
def test_rows_are_judged_where_they_were_looked_at(seen: int, outcome: Outcome) -> None:
    result = judged("CONN-02", [*_LET_IN, "5 unseen connects newcomer", *_ROWS[:seen], _END])
    assert (result.outcome, result.evidence["handshakes"]) == (outcome, seen)
    if outcome is Outcome.PASS:
        assert result.evidence["missing"] == 0


@pytest.mark.parametrize(
    ("looks", "outcome"), [(("absent", "there"), Outcome.FAIL), (("there", "absent"), Outcome.PASS)]
)
def test_the_first_look_after_the_handshake_counts(looks: tuple[str, str], outcome: Outcome) -> None:
    again = [f"{23 + number} row n2 {state}" for number, state in enumerate(looks)]
    result = judged("CONN-02", [*_LET_IN, *_ROWS[:2], *again, _END])
    assert result.outcome is outcome
    assert result.evidence["missing"] == (1 if outcome is Outcome.FAIL else 0)


def test_where_no_row_is_known_none_is_missing() -> None:
    absent = [line.replace("there", "absent") for line in _ROWS]
    assert judged("CONN-02", [*_LET_IN, *absent, _END]).outcome is Outcome.UNKNOWN


def _first_broadcasts(deaf: dict[int, list[str]], number: int = 3, after_ms: int = 10) -> list[str]:
    """`n1`, `n2` … connect one after the other, and `n0` speaks after each; `deaf` miss the broadcast."""
    lines, there = ["0 n0 connects newcomer"], ["n0"]
    for turn in range(1, number + 1):
        at = 2000 * turn
        there.append(f"n{turn}")
        lines += [f"{at} n{turn} connects newcomer", f"{at + after_ms} n0 sends m{turn} connect/first"]
        lines += [f"{at + 30} {ear} hears m{turn}" for ear in there if ear not in deaf.get(turn, [])]
    return [*lines, "30000 lag 1"]


@pytest.mark.parametrize(("number", "outcome"), [(3, Outcome.PASS), (2, Outcome.UNKNOWN)])
def test_three_newcomers_are_enough_and_two_are_not(number: int, outcome: Outcome) -> None:
    assert judged("CONN-03", _first_broadcasts({}, number)).outcome is outcome


def test_a_broadcast_that_is_owed_to_nobody_is_no_evidence() -> None:
    lines = [*_first_broadcasts({}, 2), "20000 n0 tries unsure connect/first"]
    assert judged("CONN-03", lines).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(("leaves_ms", "outcome"), [(7010, Outcome.PASS), (7009, Outcome.UNKNOWN)])
def test_a_broadcast_whose_newcomer_leaves_before_it_is_due_is_no_evidence(
    leaves_ms: int, outcome: Outcome
) -> None:
    """It is owed to those who were there before; the third one is sent at 6010 ms."""
    lines = [*_first_broadcasts({}), f"{leaves_ms} n3 closes"]
    assert judged("CONN-03", lines).outcome is outcome


def test_a_broadcast_that_is_owed_to_the_newcomer_alone_is_evidence() -> None:
    assert judged("CONN-03", _first_broadcasts({}), Contract(echo_to_sender=False)).outcome is Outcome.PASS


def test_who_is_let_in_just_when_a_broadcast_begins_is_its_newcomer() -> None:
    assert judged("CONN-03", _first_broadcasts({2: ["n2"]}, after_ms=5)).outcome is Outcome.FAIL


def test_a_newcomer_that_alone_misses_the_broadcast_after_it_is_deaf() -> None:
    result = judged("CONN-03", _first_broadcasts({2: ["n2"]}))
    assert (result.outcome, result.evidence["missed"], result.evidence["set_aside"]) == (Outcome.FAIL, 1, 0)
    # Labels count from nought.
    assert result.findings[0].title == "n2 was connected, and m1 passed it by"


def test_a_broadcast_that_others_missed_too_says_nothing_of_its_newcomer() -> None:
    result = judged("CONN-03", _first_broadcasts({2: ["n1", "n2"]}))
    assert (result.outcome, result.evidence["missed"], result.evidence["set_aside"]) == (
        Outcome.UNKNOWN,
        0,
        1,
    )
    told = judged("CONN-03", _first_broadcasts({1: ["n1"], 2: ["n1", "n2"]}))
    assert (told.outcome, told.evidence["missed"], told.evidence["set_aside"]) == (Outcome.FAIL, 1, 1)


def test_who_connects_after_the_broadcast_is_not_its_newcomer() -> None:
    later = ["6500 late connects newcomer", "6600 refused connecting newcomer", "6650 refused refused 403"]
    result = judged("CONN-03", [*_first_broadcasts({3: ["n3"]}), *later])
    assert (result.outcome, result.evidence["missed"]) == (Outcome.FAIL, 1)
