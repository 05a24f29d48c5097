"""What reads of the table prove, to the nanosecond, and what is said where they prove nothing."""

from __future__ import annotations

import re

import pytest

from conformance.checkers.rows import removal, was_there
from conformance.harness.contract import Bounds
from reports.history import RowObserved
from reports.results import Outcome

from .valid_run import valid_run
from .verdicts import changed, judged, time_of, without

_ABOUT_ROWS = ("CONN-02", "DISC-01", "DISC-02", "DISC-04", "STALE-03", "CHURN-06", "FAULT-22")


def read(started_s: float, ended_s: float, state: str) -> RowObserved:
    return RowObserved(int(started_s * 1e9), int(ended_s * 1e9), "id", state == "there")


@pytest.mark.parametrize(
    ("reads", "state"),
    [
        ([read(9, 10, "absent")], "gone"),  # a read counts from its end
        ([read(8, 9, "absent")], "unseen"),  # from before it had to go
        ([read(11, 12, "absent")], "gone"),
        ([read(12, 12.5, "absent")], "unseen"),  # when it went, nobody knows
        ([read(12, 12.5, "there")], "stays"),  # and one that sees it from its beginning
        ([read(11.5, 12.5, "there")], "unseen"),
        ([read(11, 11.5, "there"), read(12.5, 13, "absent")], "unseen"),
        ([read(12, 12.5, "there"), read(13, 14, "absent")], "stays"),
        ([], "unseen"),
    ],
)
def test_a_row_had_to_be_gone_two_seconds_after_the_tenth(reads: list[RowObserved], state: str) -> None:
    assert removal(reads, "id", int(10e9), 2.0, 0).state == state


@pytest.mark.parametrize(
    ("state", "before_s", "known"), [("there", 5, True), ("there", 4, False), ("absent", 9, False)]
)
def test_a_row_was_there_where_a_read_that_saw_it_had_ended(state: str, before_s: int, known: bool) -> None:
    assert was_there([read(3, 5, state)], int(before_s * 1e9)) is known


@pytest.mark.parametrize("clause", _ABOUT_ROWS)
def test_rows_that_are_never_seen_are_no_lost_rows(clause: str) -> None:
    """A correct application may keep its ids in a form that nobody else can tell."""
    lines = [re.sub(r"(row \S+) there", r"\1 absent", line) for line in valid_run()]
    found = judged(clause, lines)
    assert found.outcome is Outcome.UNKNOWN
    assert "no row holds a connection id" in found.reason
    assert "as in CONN#<id>" in found.reason


@pytest.mark.parametrize("clause", [*_ABOUT_ROWS, "STALE-02", "CHURN-05", "LIMIT-03", "FAULT-30"])
def test_where_no_row_could_be_looked_for_the_reason_says_what_is_missing(clause: str) -> None:
    found = judged(clause, [line for line in valid_run() if " row " not in line])
    assert found.outcome is Outcome.UNKNOWN
    assert "[table] key in a target file" in found.reason


def test_rows_that_were_not_watched_long_enough_do_not_count() -> None:
    found = judged("STALE-02", without("row stale1 absent"))
    assert found.outcome is Outcome.UNKNOWN
    assert found.evidence["watched"] == 2


def test_a_finding_is_about_the_connection_whose_row_stays() -> None:
    gone = time_of("row lc1 absent")
    found = judged("DISC-01", changed(r"^\d+ row lc1 absent", f"{gone + 2500} row lc1 there"))
    assert [finding.title for finding in found.findings] == ["the row of lc1 stays"]


def test_a_machine_that_was_busy_until_the_bound_excuses_a_row_that_stays() -> None:
    gone = time_of("lc1 closes")
    lines = changed(r"^\d+ row lc1 absent", f"{gone + 2500} row lc1 there")
    samples = [f"{gone + 1500} lag 3", f"{gone + 1900} lag 900", f"{gone + 2100} lag 3"]
    assert judged("DISC-01", [*lines, *samples]).outcome is Outcome.UNKNOWN


def _stale_on_a_busy_machine(*told: str) -> list[str]:
    """Three rows are planted at 10 ms and stay; the bound is 3 s."""
    lines = ["0 x connects stale-live", *(f"10 plants gone {where}" for where in ("first", "middle", "last"))]
    return [*lines, *told, *(f"3300 row stale{n} there" for n in range(3)), "9000 lag 3000"]


def _posts(*at_ms: int) -> list[str]:
    return [f"{at} backend posts stale0 410" for at in at_ms]


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        (_posts(10, 3010), Outcome.FAIL),  # a bound apart
        (_posts(500, 2500), Outcome.UNKNOWN),
        (_posts(5, 3009), Outcome.UNKNOWN),  # the first one was before the row was put there
        ([*_posts(10, 3010), "9 backend deletes stale0"], Outcome.FAIL),  # so was the delete
        ([*_posts(10, 3010), "10 backend deletes stale0"], Outcome.UNKNOWN),
    ],
)
def test_a_busy_machine_excuses_no_row_that_nobody_tried_to_delete(told: list[str], outcome: Outcome) -> None:
    # The functions that post: running for somebody, and ending well.
    runs = [f"{at} backend succeeds x" for at in (5, 9, 500, 2500, 3005)]
    assert judged("STALE-02", _stale_on_a_busy_machine(*told, *runs)).outcome is outcome


def test_only_the_row_that_functions_were_told_of_is_proven_to_stay() -> None:
    runs = ["10 backend succeeds x", "3010 backend succeeds x"]
    found = judged("STALE-02", _stale_on_a_busy_machine(*_posts(10, 3010), *runs))
    assert found.reason.startswith("1 of 3 rows")


_CONNECTING = Bounds(deliver_s=1.0, cleanup_s=2.0, stale_s=3.0, connect_s=29.0)
"""`$connect` may run for 29 s: until then a 410 does not prove a row stale."""


def _rows_that_go(last_seen_ms: int, gone_ms: int) -> list[str]:
    """Three handshakes are over at 6, 7 and 8 ms, and the rows of these clients are put back at 20 ms."""
    lines = ["0 x connects stale-live", *(f"{at} stale{n} connects ghost" for n, at in enumerate((1, 2, 3)))]
    lines += [f"10 stale{n} closes" for n in range(3)]
    lines += [f"20 plants gone {where}" for where in ("first", "middle", "last")]
    lines += [f"{last_seen_ms} row stale{n} there" for n in range(3)]
    return [*lines, *(f"{gone_ms} row stale{n} absent" for n in range(3)), "40000 lag 3"]


@pytest.mark.parametrize(
    ("last_seen_ms", "gone_ms", "outcome"),
    [
        (28_000, 32_006, Outcome.PASS),  # 3 s after the first of them was 29 s old
        (28_000, 32_009, Outcome.UNKNOWN),  # it may have gone in time
        (32_020, 33_000, Outcome.FAIL),
        (50, 100, Outcome.PASS),  # a row may go while it is young, too
    ],
)
def test_the_bound_of_a_stale_row_begins_when_its_connect_cannot_be_running_any_more(
    last_seen_ms: int, gone_ms: int, outcome: Outcome
) -> None:
    found = judged("STALE-02", _rows_that_go(last_seen_ms, gone_ms), bounds=_CONNECTING)
    assert found.outcome is outcome
    assert ("not counting the 29 s for which $connect may run" in found.reason) is (outcome is Outcome.FAIL)


def test_the_reason_speaks_of_youth_where_any_row_was_young() -> None:
    """`stale2` is of nobody who connected in this run."""
    told = [line for line in _rows_that_go(32_020, 33_000) if not re.search("stale2 (connects|closes)", line)]
    found = judged("STALE-02", told, bounds=_CONNECTING)
    assert found.evidence["stays"] == 3
    assert "not counting the 29 s" in found.reason


def test_a_row_planted_when_it_was_old_already_has_the_bound_alone() -> None:
    lines = [line.replace("20 plants", "60000 plants") for line in _rows_that_go(63_100, 64_000)]
    found = judged("STALE-02", lines, bounds=_CONNECTING)
    assert found.outcome is Outcome.FAIL
    assert "$connect" not in found.reason


def test_a_backend_that_is_told_of_a_departure_has_no_young_rows_to_spare() -> None:
    gone = time_of("row lc1 absent")
    lines = changed(r"^\d+ row lc1 absent", f"{gone + 2500} row lc1 there")
    assert judged("DISC-01", lines, bounds=_CONNECTING).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("clause", "row"), [("DISC-02", "la1"), ("FAULT-22", "dropped1"), ("FAULT-28", "refused1")]
)
def test_whose_end_only_a_410_may_tell_is_spared_while_the_row_is_young(clause: str, row: str) -> None:
    absent = rf"^(\d+) row {row} absent"
    lines = changed(absent, rf"{time_of(f'row {row} absent') + 4000} row {row} there")
    assert judged(clause, lines).outcome is Outcome.FAIL
    assert judged(clause, lines, bounds=_CONNECTING).outcome is not Outcome.FAIL
    for_ever = changed(absent, rf"{time_of(f'row {row} absent') + 40_000} row {row} there")
    assert judged(clause, for_ever, bounds=_CONNECTING).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("leaves", "outcome"),
    [("", Outcome.FAIL), ("100 x closes", Outcome.PASS), ("101 x closes", Outcome.FAIL)],
)
def test_a_row_may_be_missing_once_its_connection_leaves(leaves: str, outcome: Outcome) -> None:
    lines = [f"0 {name} connects leave-stayer" for name in "xyz"]
    lines += ["50 row y there", "60 row z there", "100 row x absent", leaves, "9000 lag 3"]
    assert judged("DISC-04", lines).outcome is outcome


def test_only_the_last_look_tells_whether_a_row_is_lost() -> None:
    lines = [f"0 {name} connects leave-stayer" for name in "xyz"]
    lines += ["50 row x absent", "60 row x there", "60 row y there", "9000 lag 3"]
    assert judged("DISC-04", lines).outcome is Outcome.PASS
