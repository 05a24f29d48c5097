"""What a machine that was too busy excuses, and what it does not."""

from __future__ import annotations

import pytest

from conformance.checkers import judge
from conformance.checkers.case import Case
from conformance.harness.contract import Contract
from reports.results import Outcome

from .story import history_of
from .story_mutations import MUTATIONS, always, take_out
from .valid_run import valid_run
from .verdicts import BOUNDS, judged, outcomes

_PLACES = ("first", "middle", "last")


@pytest.mark.parametrize("busy", ["lag 800", "lag 0 crowd 9", "lag 0 burst 9"])
@pytest.mark.parametrize("clause", ["BCAST-07", "STALE-02", "STALE-04", "CHURN-05", "CHURN-13"])
def test_a_bound_missed_on_a_busy_machine_is_unknown(clause: str, busy: str) -> None:
    assert judged(clause, always(busy)(MUTATIONS[clause](valid_run()))).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("busy", ["lag 800", "lag 0 burst 9"])
@pytest.mark.parametrize("clause", ["BCAST-07", "DISC-01", "STALE-04", "CHURN-05", "CHURN-13"])
def test_a_bound_missed_in_peace_is_missed_however_busy_the_machine_was_at_another_time(
    clause: str, busy: str
) -> None:
    lines = MUTATIONS[clause](valid_run())
    assert judged(clause, [f"0 {busy}", *lines, f"999999 {busy}"]).outcome is Outcome.FAIL


def test_a_row_that_is_left_counts_where_the_last_bound_before_the_look_was_calm() -> None:
    lines = MUTATIONS["CHURN-05"](valid_run())
    final_ms = max(int(line.split()[0]) for line in lines if line.endswith("churn/final"))
    bound_ms = int(BOUNDS.stale_s * 1000)
    for at_ms, outcome in (
        (final_ms - bound_ms - 1, Outcome.FAIL),
        (final_ms - bound_ms, Outcome.UNKNOWN),
        (final_ms - 2000, Outcome.UNKNOWN),
    ):
        assert judged("CHURN-05", [f"{at_ms} lag 800", *lines]).outcome is outcome


def test_a_loss_is_unknown_on_a_busy_machine_where_the_receiver_left_soon_after_the_bound() -> None:
    lines = ["0 x connects newcomer", "1 y connects newcomer", "1000 x sends lost broadcast/plain"]
    lines += ["1020 x hears lost", "1100 backend posts y 200", "2500 y closes", "9000 lag 3"]
    assert judged("BCAST-01", lines).outcome is Outcome.FAIL
    assert judged("BCAST-01", always("lag 800")(lines)).outcome is Outcome.UNKNOWN


def test_a_loss_is_one_on_a_busy_machine_too_where_the_trace_has_no_post() -> None:
    lines = ["0 x connects newcomer", "1 y connects newcomer", "1000 x sends lost broadcast/plain"]
    lines += ["1020 x hears lost", "2500 y closes", "9999 lag 800"]
    assert judged("BCAST-01", lines).outcome is Outcome.FAIL
    assert judged("BCAST-01", [*lines, "1002 backend posts y 429"]).outcome is Outcome.FAIL
    assert judged("BCAST-01", [*lines, "1001 backend fails x"]).outcome is Outcome.UNKNOWN


def test_deafness_is_unknown_on_a_busy_machine_where_the_deaf_left_soon_after_the_bound() -> None:
    lines = ["0 k connects stayer", "10 deaf connects joiner"]
    for number in range(2):
        lines += [f"{1000 + number} k sends f{number} churn/final", f"{1010 + number} k hears f{number}"]
    for leaving_ms, outcome in ((2500, Outcome.UNKNOWN), (4000, Outcome.UNKNOWN), (4001, Outcome.FAIL)):
        told = [*lines, f"{leaving_ms} deaf closes", "9000 lag 800"]
        assert judged("CHURN-04", told).outcome is outcome
    before_it_came = ["5 lag 800", *lines, "2500 deaf closes", "9000 lag 3"]
    assert judged("CHURN-04", before_it_came).outcome is Outcome.FAIL


def test_deafness_is_told_on_a_busy_machine_where_the_row_of_the_deaf_is_gone() -> None:
    lines = ["0 k connects stayer", "10 deaf connects joiner", "500 row k there", "2500 deaf closes"]
    for number in range(2):
        lines += [f"{1000 + number} k sends f{number} churn/final", f"{1010 + number} k hears f{number}"]
    assert judged("CHURN-04", [*lines, "9000 lag 800"]).outcome is Outcome.UNKNOWN
    for look, outcome in (
        ("2400 row deaf absent", Outcome.FAIL),
        ("2400 row deaf there", Outcome.UNKNOWN),
        ("2600 row deaf absent", Outcome.UNKNOWN),
    ):
        assert judged("CHURN-04", [*lines, look, "9000 lag 800"]).outcome is outcome


def test_a_loss_that_outlasts_the_bound_many_times_is_one_on_a_busy_machine_too() -> None:
    """k2 stays for three bounds and more after the broadcast that it did not hear."""
    lines = MUTATIONS["CHURN-01"](valid_run())
    assert judged("CHURN-01", always("lag 800")(lines)).outcome is Outcome.FAIL


def test_a_loss_of_a_function_that_the_table_kept_waiting_is_unknown_on_a_busy_machine() -> None:
    """Who stays for long is owed it all the same, but the function was kept from posting."""
    lines = ["0 x connects newcomer", "1 y connects newcomer", "1000 x sends lost broadcast/plain"]
    lines += ["1020 x hears lost", "1010 backend starves x", "8000 y closes"]
    assert judged("BCAST-01", [*lines, "9000 lag 3"]).outcome is Outcome.FAIL
    assert judged("BCAST-01", [*lines, "9000 lag 800"]).outcome is Outcome.UNKNOWN
    fails = [line.replace("starves", "fails") for line in lines]
    assert judged("BCAST-01", [*fails, "9000 lag 800"]).outcome is Outcome.FAIL


def test_a_row_that_nobody_tries_to_delete_stays_on_a_busy_machine_too() -> None:
    """A bound apart, functions that end well are told twice that its connection is gone."""
    lines = ["0 x connects stale-live", *(f"{10 + n} plants gone {where}" for n, where in enumerate(_PLACES))]
    lines += [f"{at} x sends m{at} stale/plain" for at in (100, 3200)]
    lines += [f"{at + 20} x hears m{at}" for at in (100, 3200)]
    told = [f"{at} backend posts stale{n} 410" for at in (110, 3210) for n in range(3)]
    looks = [f"3300 row stale{n} there" for n in range(3)]
    busy = "9000 lag 3000"
    assert judged("STALE-02", [*lines, *told, *looks, busy]).outcome is Outcome.FAIL
    assert judged("STALE-02", [*lines, *told[:3], *looks, busy]).outcome is Outcome.UNKNOWN
    tried = [f"150 backend deletes stale{n}" for n in range(3)]
    assert judged("STALE-02", [*lines, *told, *tried, *looks, busy]).outcome is Outcome.UNKNOWN
    failing = [f"{at + 2} backend fails x" for at in (105, 3205)]
    assert judged("STALE-02", [*lines, *told, *failing, *looks, busy]).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("status", "lag_ms", "outcome"), [(500, 3, "FAIL"), (500, 800, "UNKNOWN"), (403, 800, "FAIL")]
)
def test_a_handshake_that_an_overworked_stack_gives_up_is_not_held_against_the_backend(
    status: int, lag_ms: int, outcome: str
) -> None:
    lines = ["0 x connects newcomer", "1 y connecting newcomer", f"900 y refused {status}"]
    assert judged("CONN-01", [*lines, f"1000 lag {lag_ms}"]).outcome is Outcome[outcome]


@pytest.mark.parametrize(("lag_ms", "outcome"), [(3, Outcome.FAIL), (800, Outcome.UNKNOWN)])
def test_a_handshake_that_nobody_answered_is_in_doubt_on_a_busy_machine(
    lag_ms: int, outcome: Outcome
) -> None:
    lines = ["0 x connects newcomer", "1 y connecting newcomer", f"1000 lag {lag_ms}"]
    history = history_of(lines)
    assert judged("CONN-01", lines).outcome is outcome
    history.trace.rows.clear()
    case = Case(history, Contract(), BOUNDS)
    assert judge("CONN-01", case).outcome is outcome  # with a remote target too


def test_a_violation_that_a_busy_machine_makes_unknown_still_explains_what_follows() -> None:
    """Neither hears the message: y leaves too soon to be judged, x stays, and its loss is judged alone."""
    lines = ["0 x connects newcomer", "1 y connects newcomer", "1000 x sends lost broadcast/plain"]
    lines += ["2500 y closes", "9999 lag 800"]
    found = outcomes(lines)
    assert (found["BCAST-01"], found["BCAST-03"]) == (Outcome.UNKNOWN, Outcome.UNKNOWN)
    alone = [line for line in lines if not line.split()[1].startswith("y")]
    assert judged("BCAST-03", alone).outcome is Outcome.FAIL


def _starved(lines: list[str], sender: str, group: str) -> list[str]:
    """The function had to wait for the table from 1 ms after the sender's message of that group."""
    sent = next(line for line in lines if line.endswith(f" {group}") and f" {sender} sends " in line)
    return [*lines, f"{int(sent.split()[0]) + 1} backend starves {sender}"]


_LOST_IN_ROUTING = {
    "ROUTE-05": ("no-action-third hears routing-no-action-other", "no-action-other", "other"),
    "ROUTE-04": ("no-action-villain hears routing-no-action-other", "no-action-other", "other"),
    "ROUTE-02": (r"\S+ hears routing-unknown-action-same", "unknown-action-villain", "same"),
    "ROUTE-06": ("not-json-third hears routing-not-json-same", "not-json-villain", "same"),
}


@pytest.mark.parametrize("clause", _LOST_IN_ROUTING)
def test_mischief_is_not_blamed_for_what_a_busy_machine_may_have_lost(clause: str) -> None:
    lost, sender, part = _LOST_IN_ROUTING[clause]
    kind = sender.rpartition("-")[0]
    lines = _starved(take_out(lost, most=9)(valid_run()), sender, f"routing/{kind}/{part}")
    assert judged(clause, lines).outcome is Outcome.FAIL
    assert judged(clause, always("lag 800")(lines)).outcome is Outcome.UNKNOWN
    others = {"ROUTE-04": "ROUTE-05", "ROUTE-05": "ROUTE-04"}
    if clause in others:  # what the sender loses is no harm to bystanders, and the other way about
        assert judged(others[clause], always("lag 800")(lines)).outcome is Outcome.PASS


def test_a_broadcast_that_no_post_was_made_for_is_lost_on_a_busy_machine_too() -> None:
    for lost, _, _ in _LOST_IN_ROUTING.values():
        lines = always("lag 800")(take_out(lost, most=9)(valid_run()))
        assert Outcome.FAIL in (judged(clause, lines).outcome for clause in _LOST_IN_ROUTING)


def test_what_a_newcomer_misses_on_a_busy_machine_is_in_doubt() -> None:
    lines = take_out(r"n4 hears connect-first-\d+")(valid_run())
    speaker = next(line.split()[1] for line in lines if line.endswith(" connect/first"))
    second = [line for line in lines if line.endswith(" connect/first")][1]
    starved = [*lines, f"{int(second.split()[0]) + 1} backend starves {speaker}"]
    assert judged("CONN-03", starved).outcome is Outcome.FAIL
    found = judged("CONN-03", always("lag 800")(starved))
    assert (found.outcome, found.reason) == (
        Outcome.UNKNOWN,
        "1 of 3 newcomers missed a broadcast, but the machine was too busy to tell",
    )
    assert judged("CONN-03", always("lag 800")(lines)).outcome is Outcome.FAIL
    both = [line for line in starved if "n5 hears connect-first" not in line]
    found = judged("CONN-03", always("lag 800")(both))
    assert (found.outcome, found.evidence["missed"]) == (Outcome.FAIL, 2)
    assert found.reason.startswith("1 of 3 newcomers")
