"""What the clauses about stale rows take for evidence, beyond what the mutations show."""

from __future__ import annotations

import pytest

from reports.results import Outcome

from .valid_run import valid_run
from .verdicts import GATEWAY_ERROR, changed, judged, time_of, without


def test_nothing_is_proven_by_stale_rows_that_did_not_stand_everywhere() -> None:
    found = judged("STALE-01", without("plants gone middle"))
    assert found.outcome is Outcome.UNKNOWN
    assert found.reason == "stale rows stood first, last, not first, middle and last"
    assert "stood nowhere" in judged("STALE-01", without("plants gone")).reason


def test_a_loss_is_one_wherever_the_stale_rows_stood() -> None:
    assert judged("STALE-01", without("plants gone middle|s2 hears stale-plain")).outcome is Outcome.FAIL


def test_who_lost_its_row_is_not_asked_what_it_hears() -> None:
    lines = changed("row s3 there|s3 hears stale-plain-.*", "row s3 absent")
    assert judged("STALE-01", lines).outcome is Outcome.PASS


@pytest.mark.parametrize(("pattern", "outcome"), [("row s3", Outcome.PASS), ("row s[23]", Outcome.UNKNOWN)])
def test_three_live_rows_must_have_been_looked_at(pattern: str, outcome: Outcome) -> None:
    assert judged("STALE-03", without(pattern)).outcome is outcome


@pytest.mark.parametrize(
    ("clause", "kind"), [("STALE-03", ""), ("STALE-05", "malformed"), ("STALE-06", "padded")]
)
def test_rows_that_were_not_planted_prove_nothing(clause: str, kind: str) -> None:
    assert judged(clause, without(f"plants {kind}")).outcome is Outcome.UNKNOWN


def test_ten_stale_rows_are_many_and_nine_are_not() -> None:
    assert judged("STALE-04", without("plants many", most=1)).outcome is Outcome.UNKNOWN


def test_only_rows_of_the_first_kind_are_watched_until_they_go() -> None:
    """All others the harness takes away itself."""
    kept = time_of("plants malformed") + 4000
    lines = [*valid_run(), f"{kept} row stale13 there"]
    assert judged("STALE-02", lines).evidence["watched"] == 3


def test_a_frame_of_the_application_blames_nobody() -> None:
    lines = [*valid_run(), f"{time_of('s0 sends stale-plain') + 5} s0 frame welcome"]
    assert judged("STALE-07", lines).outcome is Outcome.PASS


@pytest.mark.parametrize(("most", "outcome"), [(1, Outcome.PASS), (2, Outcome.UNKNOWN)])
def test_three_broadcasts_must_have_met_stale_rows(most: int, outcome: Outcome) -> None:
    unsaid = [f" stale-plain-{number}" for number in _numbers("stale-plain")[:most]]
    lines = [line for line in valid_run() if not any(name in f"{line} " for name in unsaid)]
    assert judged("STALE-07", lines).outcome is outcome


def test_an_error_is_blamed_on_the_message_before_it_and_on_no_earlier_one() -> None:
    """Of the same sender: others may have spoken in the meantime."""
    spoken = time_of("s0 sends stale-many")
    later = [f"{spoken + 50} s0 sends bad mischief/x", f"{spoken + 60} s0 frame {GATEWAY_ERROR}"]
    later += [f"{spoken + 70} s0 sends worse mischief/x"]
    assert judged("STALE-07", [*valid_run(), *later]).outcome is Outcome.PASS
    after_the_next_speaker = time_of("s1 sends stale-plain") + 50
    late = [*valid_run(), f"{after_the_next_speaker} s0 frame {GATEWAY_ERROR}"]
    assert judged("STALE-07", late).outcome is Outcome.NON_STRICT


@pytest.mark.parametrize(("again", "outcome"), [("lag 900", Outcome.UNKNOWN), ("lag 1", Outcome.NON_STRICT)])
def test_a_busy_machine_excuses_an_error_unless_another_came_in_peace(again: str, outcome: Outcome) -> None:
    plain, many = time_of("s1 sends stale-plain"), time_of("s0 sends stale-many")
    frames = [f"{plain + 10} s1 frame {GATEWAY_ERROR}", f"{many + 10} s0 frame {GATEWAY_ERROR}"]
    lags = [
        f"{plain - 2000} lag 1",
        f"{plain + 500} lag 900",
        f"{many - 1500} lag 1",
        f"{many + 900} {again}",
    ]
    result = judged("STALE-07", [*valid_run(), *frames, *lags])
    assert result.outcome is outcome
    assert result.evidence["answered_with_error"] == 2


def _numbers(name: str) -> list[str]:
    return [line.split()[3].rpartition("-")[2] for line in valid_run() if f" sends {name}" in line]
