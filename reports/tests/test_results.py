from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reports.results import (
    ClauseResult,
    Outcome,
    Percentiles,
    Results,
    Verdict,
    check_format,
    verdict_of,
)
from reports.tests.sample_runs import failing_run, passing_run


def clause(outcome: Outcome, name: str = "BCAST-01", *, core: bool = False) -> ClauseResult:
    return ClauseResult(name, "MUST", "", "a sentence", outcome, core=core)


def changed(**changes: Any) -> str:
    return json.dumps(json.loads(failing_run().to_json()) | changes)


@pytest.mark.parametrize("run", [passing_run(), passing_run("load"), failing_run()])
def test_results_survive_the_file(run: Results) -> None:
    assert Results.from_json(run.to_json()) == run


def test_lone_surrogates_survive_the_file() -> None:
    run = replace(passing_run(), reason="\ud800")
    assert Results.from_json(run.to_json()).reason == "\ud800"


def test_counts_out_of_numpy_are_written_as_numbers() -> None:
    clauses = (replace(clause(Outcome.PASS), evidence={"owed": np.int64(3), "ratio": np.float64(0.5)}),)
    written = json.loads(replace(passing_run(), clauses=clauses).to_json())
    assert written["clauses"][0]["evidence"] == {"owed": 3, "ratio": 0.5}


def test_evidence_that_is_no_json_is_refused() -> None:
    run = replace(passing_run(), clauses=(replace(clause(Outcome.PASS), evidence={"at": object()}),))
    with pytest.raises(TypeError, match="object is not JSON"):
        run.to_json()


def test_the_least_that_the_contract_names_can_be_read() -> None:
    least = {
        "format": 1,
        "kind": "conformance",
        "verdict": "fail",
        "target": {},
        "seed": 1,
        "started": "2026-03-14T09:26:53+00:00",
        "duration_s": 0.0,
        "clauses": [{"id": "STALE-02", "level": "MUST", "feature": "table", "outcome": "fail"}],
        "delivery": {"messages": 0},
        "latency_ms": {"pair": {"p50": 0}, "first": {}, "last": {}},
    }
    results = Results.from_json(json.dumps(least))
    assert results.clauses[0].outcome is Outcome.FAIL
    assert results.latency_ms.first == Percentiles()


def test_what_a_newer_version_added_is_left_out() -> None:
    assert Results.from_json(changed(weather={"total": 1})) == failing_run()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, "newer result format 2; this version of churnproof reads format 1"),
        ({"format": 0}, "older result format 0"),
        ({"format": "x"}, "^result format 'x'"),
        ({"clauses": None}, "damaged churnproof result: `clauses` must be a list, not None"),
        ({"clauses": ["x"]}, r"`clauses\[0\]` must be an object, not 'x'"),
        ({"clauses": [{}]}, r"`clauses\[0\].id` is missing"),
        ({"verdict": "splendid"}, "`verdict` must be one of pass, fail, error, inconclusive, partial"),
        ({"duration_s": "long"}, "`duration_s` must be a number, not 'long'"),
        ({"delivery": {"owed": 1.5}}, "`delivery.owed` must be an integer, not 1.5"),
        ({"series": {"bin_s": 0}}, "`series.bin_s` must be above 0, not 0"),
        ({"duration_s": float("nan")}, "`duration_s` must be a number, not nan"),
        ({"series": {"owed": [1, "2"]}}, r"`series.owed\[1\]` must be an integer"),
        ({"close_codes": {"1000": None}}, "`close_codes.1000` must be an integer"),
    ],
)
def test_a_damaged_file_says_where(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Results.from_json(changed(**changes))


@pytest.mark.parametrize("text", ["{}", "[]", "1", '{"format": 1}', "[" * 100_000])
def test_foreign_json_is_no_result(text: str) -> None:
    with pytest.raises(ValueError, match="no churnproof result"):
        Results.from_json(text)


def test_an_equal_format_passes() -> None:
    check_format("result", 1, 1)


@pytest.mark.parametrize(
    ("outcomes", "verdict", "reason"),
    [
        ([Outcome.PASS], "pass", "1 clause held"),
        ([Outcome.PASS, Outcome.NON_STRICT], "pass", "1 clause held; 1 SHOULD missed: X-1"),
        ([Outcome.PASS, Outcome.FAIL, Outcome.ERROR], "fail", "1 clause violated: X-1"),
        ([Outcome.ERROR, Outcome.UNKNOWN], "error", "the harness failed at 1 clause: X-0"),
        ([Outcome.PASS, Outcome.UNKNOWN], "inconclusive", "too little evidence for 1 clause: X-1"),
        ([Outcome.PASS, Outcome.SKIP], "pass", "1 clause held"),
        ([Outcome.SKIP], "inconclusive", "no clause was judged"),
        ([Outcome.INFO], "inconclusive", "no clause was judged"),
        ([], "inconclusive", "no clause was judged"),
        ([Outcome.FAIL] * 8, "fail", "8 clauses violated: X-0, X-1, X-2, X-3, X-4, X-5 and 2 more"),
    ],
)
def test_the_verdict_follows_from_the_outcomes(
    outcomes: list[Outcome], verdict: Verdict, reason: str
) -> None:
    assert verdict_of(clause(o, f"X-{n}") for n, o in enumerate(outcomes)) == (verdict, reason)


def test_a_skipped_core_clause_makes_the_run_partial() -> None:
    clauses = [clause(Outcome.PASS), clause(Outcome.SKIP, "CONN-01", core=True)]
    assert verdict_of(clauses) == ("partial", "1 core clause skipped: CONN-01")
