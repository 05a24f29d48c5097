"""The clauses of a load test, from stories of loads."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.checkers.case import Case
from conformance.harness.contract import Bounds, Contract
from conformance.selftest.story import history_of
from loadtests._load_clauses import judged_clauses
from reports.results import ClauseResult, Generator, Outcome, verdict_of

_BOUNDS = Bounds(deliver_s=1.0)
_KEPT_UP = Generator(samples=1)
_SATURATED = Generator(samples=9, saturated=True, reason="late")
_CALM = [
    "0 a connects stayer",
    "0 b connects stayer",
    "10 c connects stayer",
    *[
        line
        for n in range(1, 6)
        for line in (
            f"{n * 100} a sends m{n} churn/main",
            *(f"{n * 100 + 10} {who} hears m{n}" for who in "abc"),
        )
    ],
    "5000 a closes",
    "5000 b closes",
    "5000 c closes",
]


def _churn() -> list[str]:
    """Three stay; u to y come while messages are sent, and three others come and go."""
    lines = ["0 a connects stayer", "0 b connects stayer", "0 s connects stayer"]
    here = ["a", "b", "s"]
    for n in range(1, 8):
        at = n * 1000
        if n <= 2:
            lines.append(f"{at - 300} {'uy'[n - 1]} connects joiner")
            here.append("uy"[n - 1])
        if n <= 3:
            lines += [f"{at - 500} j{n} connects joiner", f"{at - 400} {'vwx'[n - 1]} connects joiner"]
            here += [f"j{n}", "vwx"[n - 1]]
        lines.append(f"{at} a sends m{n} churn/main")
        lines += [f"{at + 10} {who} hears m{n}" for who in here]
        if 4 <= n <= 6:
            lines.append(f"{at + 100} j{n - 3} closes")
            here.remove(f"j{n - 3}")
    for n in (8, 9):
        lines.append(f"{n * 1000} a sends m{n} churn/final")
        lines += [f"{n * 1000 + 10} {who} hears m{n}" for who in here]
    return [*lines, *(f"12000 {who} closes" for who in here)]


def _judged(lines: list[str], *, churn: bool, generator: Generator = _KEPT_UP) -> Mapping[str, ClauseResult]:
    case = Case(history_of(lines), Contract(), _BOUNDS)
    return {result.id: result for result in judged_clauses(case, churn=churn, generator=generator)}


def _without(lines: list[str], *unwanted: str) -> list[str]:
    assert set(unwanted) <= set(lines)
    return [line for line in lines if line not in unwanted]


def _failed(results: Mapping[str, ClauseResult]) -> set[str]:
    return {name for name, result in results.items() if result.outcome is Outcome.FAIL}


def test_a_calm_load_without_fault_passes() -> None:
    results = _judged(_CALM, churn=False)
    assert verdict_of(results.values())[0] == "pass"
    assert results["BCAST-01"].outcome is Outcome.PASS
    assert results["CONN-01"].outcome is Outcome.PASS


def test_a_calm_load_skips_what_is_about_churn_and_is_not_partial() -> None:
    results = _judged(_CALM, churn=False)
    assert results["CHURN-01"].outcome is Outcome.SKIP
    assert results["CHURN-10"].outcome is Outcome.PASS


def test_a_load_under_churn_without_fault_passes() -> None:
    results = _judged(_churn(), churn=True)
    assert verdict_of(results.values())[0] == "pass", results
    assert results["CHURN-04"].outcome is Outcome.PASS


def test_a_loss_in_calm_is_a_broadcast_that_did_not_reach_everybody() -> None:
    assert _failed(_judged(_without(_CALM, "310 b hears m3"), churn=False)) == {"BCAST-01"}


def test_a_loss_under_churn_turns_only_the_clause_about_churn_red() -> None:
    results = _judged(_without(_churn(), "4010 b hears m4"), churn=True)
    assert _failed(results) == {"CHURN-01"}
    assert "explained by CHURN-01" in results["BCAST-01"].reason
    assert results["BCAST-01"].explained_by == ("CHURN-01",)


def test_a_loss_after_churn_is_no_pass_either() -> None:
    assert _failed(_judged(_without(_churn(), "8010 b hears m8"), churn=True)) == {"BCAST-01"}


def test_who_joined_and_is_deaf_afterwards_is_found() -> None:
    deaf = _without(_churn(), *(f"{n * 1000 + 10} w hears m{n}" for n in range(2, 10)))
    assert _failed(_judged(deaf, churn=True)) == {"CHURN-04"}


def test_a_delivery_that_is_late_under_churn_turns_only_the_clause_about_churn_red() -> None:
    late = _without(_churn(), "4010 b hears m4")
    assert _failed(_judged([*late, "5200 b hears m4"], churn=True)) == {"CHURN-13"}


def test_what_was_over_before_a_client_came_is_found() -> None:
    results = _judged([*_churn(), "3000 x hears m1"], churn=True)
    assert results["CHURN-14"].outcome is Outcome.NON_STRICT


def test_a_stayer_that_was_refused_is_found() -> None:
    assert _failed(_judged(["0 z connecting stayer", "5 z refused 500", *_CALM], churn=False)) == {"CONN-01"}


def test_a_stayer_that_was_closed_is_found_in_calm_too() -> None:
    closed = _without(_CALM, "5000 c closes", "510 c hears m5")
    assert "CHURN-10" in _failed(_judged([*closed[:-3], "450 c closed-by-peer", *closed[-3:]], churn=False))


def test_a_saturated_generator_proves_no_loss() -> None:
    results = _judged(_without(_CALM, "310 b hears m3"), churn=False, generator=_SATURATED)
    assert results["BCAST-01"].outcome is Outcome.UNKNOWN
    assert "did not keep up" in results["BCAST-01"].reason


def test_a_duplicate_is_proven_by_any_generator() -> None:
    results = _judged([*_CALM, "320 b hears m3"], churn=False, generator=_SATURATED)
    assert _failed(results) == {"BCAST-02"}


def test_frames_are_looked_at_where_mischief_was_sent() -> None:
    trace = '130 a frame Traceback (most recent call last): File "/var/task/app.py", line 1'
    mischief = ["120 a sends q1 mischief/not-json", trace]
    assert _failed(_judged([*_CALM, *mischief], churn=False)) == {"LEAK-01"}
