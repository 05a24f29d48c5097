"""What the clauses about churn take for evidence, beyond what the mutations show."""

from __future__ import annotations

import pytest

from conformance.checkers import judge
from conformance.checkers.case import Case
from conformance.harness.contract import Contract
from reports.results import Outcome

from .story import history_of
from .story_mutations import MUTATIONS, always, take_out
from .valid_run import valid_run
from .verdicts import BOUNDS, GATEWAY_ERROR, judged, outcomes, time_of, without


def test_only_those_whom_a_clause_is_about_are_evidence_for_it() -> None:
    """Stayers hear everything; of those who joined, nobody stayed long enough to be owed anything."""
    lines = ["0 k0 connects stayer", "1 k1 connects stayer", "2 k2 connects stayer", "30000 lag 1"]
    for number in range(5):
        at = 1000 + 2000 * number
        lines += [f"{at} k0 sends m{number} churn/main"]
        lines += [f"{at + 20 + ear} k{ear} hears m{number}" for ear in range(3)]
        lines += [f"{at + 500} v{number} connects joiner", f"{at + 700} v{number} closes"]
    found = outcomes(lines)
    assert found["CHURN-01"] is Outcome.PASS
    assert found["CHURN-08"] is Outcome.UNKNOWN


def test_a_loss_is_one_without_churn_too_but_nothing_held_under_churn_without_any() -> None:
    lines = [f"{ear} k{ear} connects stayer" for ear in range(3)]
    for number in range(5):
        lines += [f"{1000 + 2000 * number} k0 sends m{number} churn/main"]
        lines += [f"{1020 + 2000 * number + ear} k{ear} hears m{number}" for ear in range(3)]
    lines += ["30000 lag 1"]
    assert judged("CHURN-01", lines).outcome is Outcome.UNKNOWN
    assert judged("CHURN-01", take_out(r"k1 hears m2")(lines)).outcome is Outcome.FAIL


def test_the_ghost_race_tells_how_many_clients_it_was_run_with_and_how_sure_its_rate_is() -> None:
    case = Case(history_of(MUTATIONS["CHURN-04"](valid_run())), Contract(), BOUNDS)
    found = judge("CHURN-04", case).evidence
    assert (found["asked"], found["deaf"]) == (6, 1)
    assert found["deaf_rate_95"] == (0.03, 0.564)


def test_the_ghost_race_counts_who_met_a_broadcast_in_its_handshake() -> None:
    lines = ["0 k0 connects stayer", "1000 k0 sends m churn/main", "1050 k0 hears m"]
    lines += ["1040 met connects joiner", "1060 late connects joiner"]
    for at in (3000, 4500):
        lines += [f"{at} k0 sends f{at} churn/final"]
        lines += [f"{at + 20} {ear} hears f{at}" for ear in ("k0", "met", "late")]
    evidence = judge("CHURN-04", Case(history_of([*lines, "9000 lag 1"]), Contract(), BOUNDS)).evidence
    assert (evidence["asked"], evidence["met_a_broadcast"]) == (2, 1)


def test_the_smallest_interleaving_that_failed_is_told_whole_and_first() -> None:
    lines = ["0 a connects interleaver/1", "5 b connects interleaver/1", "9 c connects interleaver/1"]
    lines += ["100 a sends long1 interleaving/1", "120 a hears long1", "120 b hears long1"]
    lines += [
        "2000 b sends long2 interleaving/1",
        "2020 a hears long2",
        "2020 b hears long2",
        "5000 c closes",
    ]
    lines += [
        "5001 a closes",
        "5002 b closes",
        "6000 d connects interleaver/10",
        "6010 e connects interleaver/10",
    ]
    lines += ["6100 d sends short interleaving/10", "6120 d hears short", "9000 lag 1"]
    result = judge("CHURN-12", Case(history_of(lines), Contract(), BOUNDS))
    first = result.findings[0]
    assert first.title == "the smallest interleaving that failed"
    assert first.observed == "e did not hear m2"
    told = [(step.who, step.to) for step in first.timeline if step.mark == "expected"]
    assert told == [("backend", "e")]
    assert [step.what for step in first.timeline if step.what.startswith("sends")] == ["sends m2"]
    assert len(result.findings) > 1


_FINALS = [int(line.split()[0]) for line in valid_run() if " sends churn-final" in line]


@pytest.mark.parametrize(("came_ms", "met"), [(994, 0), (995, 1), (997, 1), (1020, 1), (1050, 1), (1051, 0)])
def test_a_handshake_meets_a_broadcast_from_its_sending_to_its_last_delivery(came_ms: int, met: int) -> None:
    lines = ["0 k0 connects stayer", "1000 k0 sends m churn/main", "1050 k0 hears m"]
    lines += ["1900 k0 sends n churn/main", "1950 k0 hears n", f"{came_ms} c connects joiner"]
    for at in (3000, 4500):
        lines += [f"{at} k0 sends f{at} churn/final", f"{at + 20} k0 hears f{at}", f"{at + 20} c hears f{at}"]
    assert judged("CHURN-04", [*lines, "9000 lag 1"]).evidence["met_a_broadcast"] == met


@pytest.mark.parametrize(
    ("clause", "missing", "outcome"),
    [
        ("CHURN-04", " j5 ", Outcome.PASS),
        ("CHURN-04", " j[45] ", Outcome.UNKNOWN),
        ("CHURN-05", "g0 closes", Outcome.PASS),
        ("CHURN-05", "g[01] closes", Outcome.UNKNOWN),
        ("CHURN-05", r"row [jk]\d there", Outcome.UNKNOWN),
        ("CHURN-05", " churn/final| hears churn-final", Outcome.UNKNOWN),
        ("CHURN-06", " churn/final| hears churn-final", Outcome.UNKNOWN),
        ("CHURN-06", r"row (k\d|j[012]) ", Outcome.PASS),
        ("CHURN-06", r"row (k\d|j[0123]) ", Outcome.UNKNOWN),
        ("CHURN-07", " b3 ", Outcome.PASS),
        ("CHURN-07", " b[23] ", Outcome.UNKNOWN),
    ],
)
def test_so_many_must_have_been_there(clause: str, missing: str, outcome: Outcome) -> None:
    assert judged(clause, without(missing)).outcome is outcome


def test_rows_of_those_who_are_there_are_evidence_and_rows_of_others_are_not() -> None:
    refused = [f"{_FINALS[0] - 9} x connecting joiner", f"{_FINALS[0] - 8} x refused 500"]
    lines = [*valid_run(), *refused, f"{time_of('row g3 absent')} row x absent"]
    assert judged("CHURN-05", lines).evidence == {"went": 4, "live_rows": 9, "left": 0}
    assert judged("CHURN-06", lines).evidence == {"live": 9, "missing": 0}


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        ([f"{_FINALS[2] - 5} row g1 there"], Outcome.PASS),  # what goes in time is not left
        ([f"{_FINALS[2]} other connects newcomer"], Outcome.PASS),
        ([f"{_FINALS[2] - 5} j0 closes"], Outcome.FAIL),  # its row is there
        ([f"{_FINALS[2]} j0 closes"], Outcome.FAIL),
        ([f"{_FINALS[2] + 1} j0 closes"], Outcome.PASS),
    ],
)
def test_rows_are_looked_at_after_the_last_broadcast_and_before_anybody_else_comes(
    told: list[str], outcome: Outcome
) -> None:
    assert judged("CHURN-05", [*valid_run(), *told]).outcome is outcome


def test_a_row_that_is_left_is_told_with_whose_it_was_where_that_is_known() -> None:
    left = [line.replace("row g1 absent", "row g1 there") for line in valid_run()]
    left = [line.replace("row g2 absent", "row stranger there") for line in left]
    assert [finding.title for finding in judged("CHURN-05", left).findings] == [
        "the row of g1 was left",
        "the row of stranger-id was left",
    ]


@pytest.mark.parametrize("clause", ["CHURN-04", "CHURN-05", "CHURN-07"])
def test_a_busy_machine_puts_nothing_in_doubt_that_held(clause: str) -> None:
    assert judged(clause, always("lag 800")(valid_run())).outcome is Outcome.PASS


def test_who_left_early_and_heard_nothing_at_all_has_lost_it() -> None:
    lines = ["0 k0 connects stayer", "10 short connects joiner", "1000 k0 sends m churn/main"]
    lines += ["1020 k0 hears m", "2500 short closes", "9000 lag 1"]
    assert judged("CHURN-08", lines).outcome is Outcome.FAIL


def test_what_the_deaf_do_not_hear_is_explained_by_their_deafness() -> None:
    lines = without(r"j1 hears churn-(main|final)")
    found = judged("CHURN-08", lines)
    assert (found.outcome, found.explained_by) == (Outcome.UNKNOWN, ("CHURN-04",))
    assert judged("CHURN-04", lines).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("busy_ms", "outcome"), [(3000, Outcome.UNKNOWN), (5, Outcome.FAIL)], ids=["meanwhile", "before"]
)
def test_a_machine_that_was_busy_since_the_first_of_the_deaf_came_is_in_doubt(
    busy_ms: int, outcome: Outcome
) -> None:
    lines = ["0 k connects stayer", "10 d1 connects joiner", "5000 d2 connects joiner"]
    for at in (6000, 6001):
        lines += [f"{at} k sends f{at} churn/final", f"{at + 9} k hears f{at}"]
    lines += ["7500 d1 closes", "7501 d2 closes", f"{busy_ms} lag 800", "9000 lag 1"]
    found = judged("CHURN-04", lines)
    assert found.outcome is outcome
    assert ("2 clients that connected while broadcasts ran heard nothing any more" in found.reason) is (
        outcome is Outcome.UNKNOWN
    )


def _churn(comes: tuple[int, ...], goes: tuple[int, ...]) -> list[str]:
    """Broadcasts from 1000 to 5000 ms; clients come at these times, and others, long there, go at those."""
    lines = [f"{ear} k{ear} connects stayer" for ear in range(3)]
    for at in (1000, 3000, 5000):
        lines += [f"{at} k0 sends m{at} churn/main", *(f"{at + 9} k{ear} hears m{at}" for ear in range(3))]
    lines += [f"{at} c{number} connects joiner" for number, at in enumerate(comes)]
    for number, at in enumerate(goes):
        lines += [f"100 g{number} connects joiner", f"{at} g{number} closes"]
    return [*lines, "9000 lag 1"]


@pytest.mark.parametrize(
    ("comes", "goes", "outcome"),
    [
        ((995, 2000, 4995), (1000, 4000, 5000), Outcome.PASS),  # a handshake takes 5 ms
        ((994, 2000, 4995), (1000, 4000, 5000), Outcome.UNKNOWN),
        ((995, 2000, 4996), (1000, 4000, 5000), Outcome.UNKNOWN),
        ((995, 2000, 4995), (999, 4000, 5000), Outcome.UNKNOWN),
        ((995, 2000, 4995), (1000, 4000, 5001), Outcome.UNKNOWN),
    ],
)
def test_three_must_have_come_and_three_gone_while_broadcasts_ran(
    comes: tuple[int, ...], goes: tuple[int, ...], outcome: Outcome
) -> None:
    assert judged("CHURN-01", _churn(comes, goes)).outcome is outcome


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        ([f"{_FINALS[2]} k1 closed-by-peer 1001"], Outcome.FAIL),
        ([f"{_FINALS[2] + 1} k1 closed-by-peer 1001"], Outcome.PASS),
    ],
)
def test_nobody_is_closed_until_the_last_broadcast(told: list[str], outcome: Outcome) -> None:
    assert judged("CHURN-10", [*valid_run(), *told]).outcome is outcome


@pytest.mark.parametrize("who", ["j0", "b1", "f2", "n4", "s3", "d1", "i2"])
def test_nobody_else_who_keeps_a_connection_is_closed_either(who: str) -> None:
    came = time_of(rf"{who} connects") + 6
    found = judged("CHURN-10", [*valid_run(), f"{came} {who} closed-by-peer 1000"])
    assert (found.outcome, found.evidence["closed"]) == (Outcome.FAIL, 1)


@pytest.mark.parametrize("clause", ["CHURN-02", "CHURN-03", "CHURN-04", "CHURN-06"])
def test_what_held_while_nobody_came_and_nobody_went_did_not_hold_under_churn(clause: str) -> None:
    lines = without(r" churn/main|hears churn-main")
    assert judged(clause, lines).outcome is Outcome.UNKNOWN
    assert "hardly any churn" in judged(clause, lines).reason


@pytest.mark.parametrize(("stayers", "outcome"), [(2, Outcome.PASS), (1, Outcome.UNKNOWN)])
def test_two_must_have_stayed(stayers: int, outcome: Outcome) -> None:
    lines = [f"{number} k{number} connects stayer" for number in range(stayers)]
    assert judged("CHURN-10", [*lines, "100 k0 sends m churn/main", "9000 lag 1"]).outcome is outcome


@pytest.mark.parametrize(("sent", "outcome"), [(3, Outcome.PASS), (2, Outcome.UNKNOWN)])
def test_three_broadcasts_show_that_nobody_is_blamed(sent: int, outcome: Outcome) -> None:
    lines = ["0 k0 connects stayer", "150 k0 frame welcome"]
    lines += [f"{100 * number + 100} k0 sends m{number} churn/main" for number in range(sent)]
    assert judged("CHURN-11", [*lines, "9000 lag 1"]).outcome is outcome
    blamed = judged("CHURN-11", [*lines, f"160 k0 frame {GATEWAY_ERROR}", "9000 lag 1"])
    assert blamed.evidence["errors"] == 1


@pytest.mark.parametrize(("busy", "outcome"), [("lag 900", Outcome.UNKNOWN), ("lag 1", Outcome.NON_STRICT)])
def test_a_busy_machine_excuses_an_error_unless_another_came_in_peace(busy: str, outcome: Outcome) -> None:
    lines = ["0 k0 connects stayer", "100 k0 sends m0 churn/main", f"160 k0 frame {GATEWAY_ERROR}"]
    lines += ["900 lag 900", "8000 lag 1", "9000 k0 sends m1 churn/main", f"9100 k0 frame {GATEWAY_ERROR}"]
    lines += ["120 k0 hears m0", "9050 k0 hears m1", f"9900 {busy}", "19000 lag 1"]
    assert judged("CHURN-11", lines).outcome is outcome
