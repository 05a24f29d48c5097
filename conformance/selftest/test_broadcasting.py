"""What the clauses about broadcasts take for evidence, and what a busy machine excuses of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.checkers import judge
from conformance.checkers.broadcasting import judged_damage, judged_duplicates, judged_lateness
from conformance.checkers.case import Case
from conformance.harness.contract import Bounds, Contract
from reports.results import Outcome
from reports.trace import Invocation

from .story import history_of
from .valid_run import valid_run
from .verdicts import BOUNDS, changed, judged

_SILENT = Contract(echo_to_sender=False)


def _spoken(count: int, group: str = "broadcast/plain") -> list[str]:
    """`a` speaks so often, and `b` hears it; then both stay for long."""
    lines = ["0 a connects newcomer", "1 b connects newcomer", "90000 lag 3"]
    for number in range(count):
        at = 1000 + 2000 * number
        lines += [f"{at} a sends m{number} {group}", f"{at + 20} b hears m{number}"]
    return lines


def _case(lines: list[str], deliver_s: float = 1.0) -> Case:
    return Case(history_of(lines), _SILENT, Bounds(deliver_s=deliver_s))


def test_a_sender_does_not_hear_itself_where_the_contract_says_so() -> None:
    assert judged("BCAST-03", _spoken(3), _SILENT).evidence == {"messages": 3, "echoed": 0}
    assert judged("BCAST-03", _spoken(3), _SILENT).outcome is Outcome.PASS
    echo = judged("BCAST-03", [*_spoken(3), "1021 a hears m0"], _SILENT)
    assert (echo.outcome, echo.evidence["echoed"]) == (Outcome.FAIL, 1)


def test_what_others_should_not_have_heard_is_no_echo() -> None:
    stranger = ["3500 c connects newcomer", "3600 c hears m0"]
    assert judged("BCAST-03", [*_spoken(3), *stranger], _SILENT).outcome is Outcome.PASS


def test_a_broadcast_that_nobody_heard_shows_no_sender_to_be_silent() -> None:
    unheard = [line for line in _spoken(3) if "hears m2" not in line]
    assert judged("BCAST-03", unheard, _SILENT).outcome is Outcome.UNKNOWN


def test_several_at_once_are_judged_by_losses_first_and_then_by_second_copies() -> None:
    assert "owed" in judged("BCAST-08", valid_run()).evidence
    twice = r"^(.* n3 hears broadcast-concurrent.*)$"
    assert "more than once" in judged("BCAST-08", changed(twice, r"\1\n\1")).reason
    lost_too = [line for line in changed(twice, r"\1\n\1") if "n4 hears broadcast-concurrent" not in line]
    assert "were lost" in judged("BCAST-08", lost_too).reason


def test_one_large_message_is_enough() -> None:
    assert judged("BCAST-09", _spoken(1, "broadcast/large"), _SILENT).outcome is Outcome.PASS


def test_order_is_compared_between_messages_of_one_sender_at_one_receiver() -> None:
    ordered = Contract(order="per-sender")
    assert judged("BCAST-10", _spoken(1), ordered).outcome is Outcome.UNKNOWN
    assert judged("BCAST-10", _spoken(2), ordered).outcome is Outcome.PASS
    again = judged("BCAST-10", [*_spoken(2), "3021 b hears m1"], ordered)
    assert again.evidence == {"compared": 2, "out_of_order": 0}


def test_whatever_comes_after_a_later_message_came_out_of_order() -> None:
    lines = [line for line in _spoken(3) if "hears" not in line]
    lines += ["6000 b hears m2", "6001 b hears m0", "6002 b hears m1"]
    assert judged("BCAST-10", lines).evidence == {"compared": 2, "out_of_order": 2}


def test_one_delivery_may_be_called_in_time_and_none_not() -> None:
    case = _case(_spoken(1))
    assert judged_lateness(case, case.pairs("broadcast/")).outcome is Outcome.PASS
    assert judged_lateness(case, case.pairs("nothing/")).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(("count", "outcome"), [(3, Outcome.PASS), (2, Outcome.UNKNOWN)])
def test_three_deliveries_are_enough_and_two_are_not(count: int, outcome: Outcome) -> None:
    case = _case(_spoken(count))
    assert judged_duplicates(case, case.pairs("broadcast/")).outcome is outcome
    assert judged_damage(case, case.pairs("broadcast/")).outcome is outcome


def test_whoever_was_coming_counts_among_those_who_heard() -> None:
    """Nobody owes it a copy, but the copy was whole, and there was one."""
    case = _case([*_spoken(2), "1005 c connects newcomer", "1030 c hears m0", "1500 c closes"])
    judgement = case.pairs("broadcast/")
    assert (judgement.counts.delivered, judgement.counts.may) == (2, 1)
    assert judged_damage(case, judgement).outcome is Outcome.PASS
    assert judged_duplicates(case, judgement).outcome is Outcome.PASS


def test_damage_is_told_by_what_was_sent_and_what_came() -> None:
    damaged = changed("(n2 hears broadcast-plain-.*)$", r"\1 damaged")
    assert "; sent 'broadcast-plain-" in judged("BCAST-04", damaged).reason
    assert judged("BCAST-04", damaged).reason.endswith("came '???'")


def test_a_machine_that_was_busy_within_a_bound_before_the_message_may_have_made_it_late() -> None:
    lines = [line for line in _spoken(0) if "lag" not in line]
    lines += ["5000 a sends m broadcast/plain", "7100 b hears m", "3400 lag 3", "3500 lag 900", "3600 lag 3"]
    for bound_s, outcome in ((2.0, Outcome.UNKNOWN), (1.0, Outcome.FAIL)):
        case = _case([*lines, "9000 lag 3"], bound_s)
        assert judged_lateness(case, case.pairs("broadcast/")).outcome is outcome


@pytest.mark.parametrize(("leaves_ms", "outcome"), [(4000, Outcome.UNKNOWN), (4001, Outcome.FAIL)])
def test_a_busy_machine_excuses_a_loss_of_who_stayed_three_bounds_at_the_most(
    leaves_ms: int, outcome: Outcome
) -> None:
    lines = ["0 x connects newcomer", "1 y connects newcomer", "1000 x sends lost broadcast/plain"]
    lines += ["1020 x hears lost", "1100 backend posts y 200", f"{leaves_ms} y closes", "9000 lag 800"]
    assert judged("BCAST-01", lines).outcome is outcome


def test_a_loss_is_told_with_the_error_of_the_function_that_was_to_send_it() -> None:
    unheard = [line for line in _spoken(4) if "hears m1" not in line and "hears m2" not in line]
    alone = judged("BCAST-01", unheard, _SILENT).reason
    assert alone == "2 of 4 owed deliveries of everybody but the sender were lost"
    failing = [*unheard, "3005 backend fails a", "7005 backend fails a"]
    told = "; the function that was to send 1 of these 2 messages failed: SendMessage, KeyError: room"
    assert judged("BCAST-01", failing, _SILENT).reason == alone + told
    both = [*failing, "5005 backend fails a"]
    assert "2 of these 2 messages failed" in judged("BCAST-01", both, _SILENT).reason
    one = [line for line in _spoken(4) if "hears m1" not in line]
    assert judged("BCAST-01", [*one, *failing[-2:]], _SILENT).reason.endswith(
        "it failed: SendMessage, KeyError: room"
    )


@pytest.mark.parametrize("odd", [0, 1, 2])
def test_of_several_errors_the_most_frequent_is_told(odd: int) -> None:
    unheard = [line for line in _spoken(3) if " hears " not in line]
    history = history_of([*unheard, *(f"{at} backend fails a" for at in (1005, 3005, 5005))])
    failed = [row for row in history.trace.rows if isinstance(row, Invocation) and row.outcome != "returned"]
    other = replace(failed[odd], detail='["TypeError", "odd"]')
    history.trace.rows = [other if row is failed[odd] else row for row in history.trace.rows]
    reason = judge("BCAST-01", Case(history, _SILENT, BOUNDS)).reason
    assert reason.endswith("2 of these 3 messages failed: SendMessage, KeyError: room")
