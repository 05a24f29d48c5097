from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from reports.results import ClauseResult, Exit, Outcome, Results, Verdict
from reports.run_folder import RESULTS

from .fairness import Trial, busy_cores, fair, table, trials
from .known_bad import NO_RESULT, REFERENCE, Backend, backends, correct

_SIMPLE = Backend("correct_simple", "", "no mistake", None)


def _trial(verdict: Verdict, *red: str, backend: Backend = REFERENCE, seed: int = 1) -> Trial:
    return Trial(backend, seed, verdict, red)


@pytest.mark.parametrize(
    ("found", "exit_code"),
    [
        ([_trial("pass"), _trial("inconclusive", seed=2)], Exit.OK),
        ([_trial("pass"), _trial("fail", "CHURN-04", seed=2)], Exit.VIOLATION),
        ([_trial("pass", "CHURN-09")], Exit.VIOLATION),
        ([_trial("inconclusive"), _trial("inconclusive", seed=2)], Exit.INCONCLUSIVE),
        ([_trial("pass"), _trial("inconclusive", backend=_SIMPLE)], Exit.INCONCLUSIVE),
        ([], Exit.INCONCLUSIVE),
    ],
)
def test_every_correct_backend_must_pass_and_none_be_red(found: list[Trial], exit_code: Exit) -> None:
    assert fair(found) is exit_code


def test_the_table_counts_runs_and_names_what_was_red_with_its_seed() -> None:
    lines = table(
        [_trial("pass"), _trial("fail", "CHURN-04", "CHURN-07", seed=2), _trial("inconclusive", seed=3)]
    ).splitlines()
    assert lines[1].split() == ["reference_app", "3", "1", "1", "1", "CHURN-04", "CHURN-07", "(2)"]


def test_every_backend_is_judged_on_every_seed(tmp_path: Path) -> None:
    asked: list[tuple[str, int]] = []

    def judge(backend: Backend, folder: Path, seed: int) -> Results:
        asked.append((backend.folder, seed))
        clause = ClauseResult("CHURN-04", "MUST", "none", "…", Outcome.FAIL)
        return Results("conformance", "fail", "", {}, seed, "", 0.0, (clause,))

    found = list(trials([REFERENCE, _SIMPLE], [1, 2], tmp_path, judge=judge))
    assert asked == [(name, seed) for seed in (1, 2) for name in ("reference_app", "correct_simple")]
    assert {trial.red for trial in found} == {("CHURN-04",)}


def test_what_was_interrupted_goes_on(tmp_path: Path) -> None:
    done = tmp_path / "correct_simple-1"
    done.mkdir()
    clause = ClauseResult("CHURN-04", "MUST", "none", "…", Outcome.FAIL)
    results = Results("conformance", "fail", "", {}, 1, "", 0.0, (clause,))
    (done / RESULTS).write_text(results.to_json(), encoding="utf-8")

    (tmp_path / "correct_simple-2" / "cut-off").mkdir(parents=True)

    def judge(backend: Backend, folder: Path, seed: int) -> Results:
        assert (seed, folder.exists()) == (2, False)
        return Results("conformance", "pass", "", {}, seed, "", 0.0, ())

    found = list(trials([_SIMPLE], [1, 2], tmp_path, judge=judge))
    assert [(trial.seed, trial.verdict, trial.red) for trial in found] == [
        (1, "fail", ("CHURN-04",)),
        (2, "pass", ()),
    ]


def test_a_backend_that_cannot_be_judged_is_no_proof_of_fairness(tmp_path: Path) -> None:
    def judge(backend: Backend, folder: Path, seed: int) -> Results:
        if seed == 1:
            raise RuntimeError("no result within 400 s")
        return Results("conformance", "pass", "", {}, seed, "", 0.0, ())

    found = list(trials([_SIMPLE], [1, 2], tmp_path, judge=judge))
    assert [(trial.red, trial.failure) for trial in found] == [
        ((NO_RESULT,), "no result within 400 s"),
        ((), ""),
    ]
    assert fair(found) is Exit.VIOLATION


def test_the_reference_and_those_that_have_no_mistake_are_the_correct_ones() -> None:
    assert correct()[0] is REFERENCE
    assert correct()[1:] == [backend for backend in backends() if backend.clause is None]


def test_cores_are_busy_inside_the_block_only() -> None:
    def burning() -> list[str]:
        listed = subprocess.run(
            ["ps", "--ppid", str(os.getpid()), "-o", "args="], capture_output=True, text=True, check=False
        )
        return [line for line in listed.stdout.splitlines() if "os.getppid()" in line]

    with busy_cores(1):
        assert len(burning()) == 1
    assert burning() == []
