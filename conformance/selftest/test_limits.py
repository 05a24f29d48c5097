"""What the clauses about limits take for evidence, beyond what the mutations show."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from reports.results import Outcome

from .verdicts import judged

_LISTENERS = ("l0", "l1", "l2")
_CONNECTED = [f"{number} {name} connects limit-listener" for number, name in enumerate(_LISTENERS)]
_OVERSIZE = [*_CONNECTED, "10 o0 connects limit-oversize"]
_SLOW = [*_CONNECTED, "10 w0 connects limit-slow"]
_END = "9000 lag 1"


def _spoken(group: str, ears: Sequence[str] = _LISTENERS, took_ms: int = 20) -> list[str]:
    """Three messages, of one, two and three bytes, at 1000, 2500 and 4000 ms; these hear them."""
    lines = []
    for number in range(3):
        at, name = 1000 + 1500 * number, "m" * (number + 1)
        lines += [f"{at} l0 sends {name} {group}", *(f"{at + took_ms} {ear} hears {name}" for ear in ears)]
    return [*lines, _END]


def test_the_sizes_that_arrived_are_told() -> None:
    assert judged("LIMIT-01", [*_CONNECTED, *_spoken("limit/size")]).evidence["bytes"] == "1 to 3"
    assert "bytes" not in judged("LIMIT-01", [*_CONNECTED, _END]).evidence


@pytest.mark.parametrize(
    ("end", "outcome", "closed"),
    [
        ("closed-by-peer 1009", Outcome.PASS, 1),
        ("closed-by-peer 1011", Outcome.UNKNOWN, None),
        ("closes 1009", Outcome.UNKNOWN, None),
    ],
)
def test_only_the_gateways_1009_shows_that_a_message_was_too_long(
    end: str, outcome: Outcome, closed: int | None
) -> None:
    result = judged("LIMIT-02", [*_OVERSIZE, f"500 o0 {end}", *_spoken("limit/after-oversize")])
    assert (result.outcome, result.evidence.get("closed_for_size")) == (outcome, closed)


@pytest.mark.parametrize(
    ("at_ms", "outcome"), [(600, Outcome.FAIL), (3000, Outcome.FAIL), (5500, Outcome.PASS)]
)
def test_whoever_is_closed_while_the_others_go_on_was_taken_along(at_ms: int, outcome: Outcome) -> None:
    lines = [*_OVERSIZE, "500 o0 closed-by-peer 1009", f"{at_ms} l2 closed-by-peer 1001"]
    heard = _spoken("limit/after-oversize", ears=_LISTENERS[:2])
    late = [line.replace("l1 hears", "l2 hears") for line in heard if "l1 hears" in line]
    result = judged("LIMIT-02", [*lines, *heard, *(late if outcome is Outcome.PASS else [])])
    assert result.outcome is outcome
    if outcome is Outcome.FAIL:
        assert (result.evidence["taken_along"], result.evidence["closed_for_size"]) == (1, 1)


def test_a_loss_is_one_whether_or_not_anybody_was_closed_for_size() -> None:
    assert judged("LIMIT-02", [*_CONNECTED, *_spoken("limit/after-oversize", ears=("l0", "l1"))]).outcome is (
        Outcome.FAIL
    )


@pytest.mark.parametrize("there", [True, False])
def test_the_row_of_the_oversized_is_judged_where_it_was_seen_before(there: bool) -> None:
    seen = ["400 row o0 there"] if there else []
    lines = [*_OVERSIZE, *seen, "500 o0 closed-by-peer 1009", "900 row o0 absent", _END]
    assert judged("LIMIT-03", lines).outcome is (Outcome.PASS if there else Outcome.UNKNOWN)


def test_the_row_of_the_oversized_has_its_bound_from_the_close_on() -> None:
    lines = [*_OVERSIZE, "400 row o0 there", "500 o0 closed-by-peer 1009", _END]
    assert judged("LIMIT-03", [*lines, "2400 row o0 there", "2450 row o0 absent"]).outcome is Outcome.PASS
    late = judged("LIMIT-03", [*lines, "2600 row o0 there"])
    assert late.outcome is Outcome.FAIL
    assert [finding.title for finding in late.findings] == ["the row of o0 stays"]


@pytest.mark.parametrize("clause", ["LIMIT-04", "LIMIT-05"])
@pytest.mark.parametrize(
    ("posts", "outcome"),
    [
        (["1100 backend posts w0 429"], Outcome.PASS),
        (["1100 backend posts w0 200"], Outcome.UNKNOWN),
        (["1100 backend posts l1 429"], Outcome.UNKNOWN),
    ],
)
def test_a_pass_beside_a_slow_reader_demands_that_it_was_slow_enough(
    clause: str, posts: list[str], outcome: Outcome
) -> None:
    group = "limit/slow" if clause == "LIMIT-04" else "limit/after-slow"
    result = judged(clause, [*_SLOW, *posts, *_spoken(group, ears=(*_LISTENERS, "w0"))])
    assert result.outcome is outcome
    if outcome is Outcome.PASS:
        assert (result.evidence["messages"], result.evidence["answered_429"]) == (3, 1)


@pytest.mark.parametrize(
    ("ears", "took_ms", "told"), [(_LISTENERS[:2], 20, "were lost"), (_LISTENERS, 1200, "took longer than")]
)
def test_a_delay_beside_a_slow_reader_is_one_however_slow_it_was(
    ears: tuple[str, ...], took_ms: int, told: str
) -> None:
    result = judged("LIMIT-04", [*_SLOW, *_spoken("limit/slow", ears, took_ms)])
    assert result.outcome is Outcome.FAIL
    assert told in result.reason


def _crowd(size: int) -> list[str]:
    return [*(f"{number} z{number} connects limit-crowd" for number in range(size)), "9000 lag 1"]


def _heard(name: str, at_ms: int, size: int, took_ms: int = 20) -> list[str]:
    heard = (f"{at_ms + took_ms} z{number} hears {name}" for number in range(size))
    return [f"{at_ms} z0 sends {name} limit/crowd", *heard]


@pytest.mark.parametrize(("size", "outcome"), [(101, Outcome.PASS), (100, Outcome.UNKNOWN)])
def test_a_crowd_is_one_of_more_than_a_hundred(size: int, outcome: Outcome) -> None:
    assert judged("LIMIT-06", [*_crowd(size), *_heard("m", 1000, size)]).outcome is outcome


def test_the_largest_crowd_that_was_owed_a_message_counts() -> None:
    left = [f"{3000 + number} z{number} closes" for number in range(50, 101)]
    lines = [*_crowd(101), *_heard("m", 1000, 101), *left, *_heard("mm", 5000, 50)]
    result = judged("LIMIT-06", lines)
    assert (result.outcome, result.evidence["connections"], result.evidence["messages"]) == (
        Outcome.PASS,
        101,
        2,
    )
    assert judged("LIMIT-06", _crowd(2)).evidence["connections"] == 0


@pytest.mark.parametrize(("heard", "took_ms"), [(2, 20), (3, 1200)])
def test_who_misses_or_waits_in_a_small_crowd_does_so_too(heard: int, took_ms: int) -> None:
    assert judged("LIMIT-06", [*_crowd(3), *_heard("m", 1000, heard, took_ms)]).outcome is Outcome.FAIL
