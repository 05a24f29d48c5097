"""A waiver file or a baseline that cannot be relied on is a usage error, in a sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from conformance.acceptance_files import read_baseline, read_waivers
from conformance.accepted import Waiver
from conformance.harness.errors import UsageError
from reports.results import Results
from reports.tests.sample_runs import failing_run, passing_run, write_results

_TODAY = date(2026, 11, 22)
_CLAUSES = ("BCAST-01", "STALE-04")
_WHOLE = 'clause = "STALE-04"\nreason = "known bug 12"\nowner = "chat"\nexpires = 2026-11-22\n'


def _read(tmp_path: Path, text: str) -> list[Waiver]:
    path = tmp_path / "waivers.toml"
    path.write_text(text)
    return list(read_waivers(path, _CLAUSES, _TODAY).values())


def test_a_waiver_holds_up_to_its_last_day(tmp_path: Path) -> None:
    assert _read(tmp_path, f"[[waiver]]\n{_WHOLE}") == [Waiver("STALE-04", "known bug 12", "chat", _TODAY)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"[[waiver]]\n{_WHOLE}".replace("11-22", "11-21"), "that day is over"),
        (f"[[waiver]]\n{_WHOLE}".replace("STALE-04", "STALE-4"), "did you mean 'STALE-04'"),
        (f"[[waiver]]\n{_WHOLE}[[waiver]]\n{_WHOLE}", "waiver 2: STALE-04 is waived twice"),
        (f"[[waiver]]\n{_WHOLE}".replace('owner = "chat"', ""), "owner is missing"),
        (f"[[waiver]]\n{_WHOLE}".replace("known bug 12", " "), "reason is missing or empty"),
        (f"[[waiver]]\n{_WHOLE}".replace("2026-11-22", '"2026-11-22"'), "expires must be a date"),
        (f"[[waiver]]\n{_WHOLE}".replace("2026-11-22", "2026-11-22T10:00:00"), "expires must be a date"),
        (f"[[waiver]]\n{_WHOLE}".replace("expires", "until"), "no such key: until"),
        (f"[waiver]\n{_WHOLE}", "[[waiver]] tables and nothing else"),
        (f"[[waivers]]\n{_WHOLE}", "[[waiver]] tables and nothing else"),
        ("clause = ", "not TOML"),
    ],
)
def test_a_waiver_that_is_wrong_is_told(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as raised:
        _read(tmp_path, text)
    assert sentence in str(raised.value)


def test_a_waiver_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the waivers"):
        read_waivers(tmp_path / "none.toml", _CLAUSES, _TODAY)


def _written(folder: Path, results: Results) -> Path:
    write_results(results, folder)
    return folder


def test_a_baseline_is_a_run_folder_or_its_results(tmp_path: Path) -> None:
    _written(tmp_path, failing_run())
    assert read_baseline(tmp_path) == read_baseline(tmp_path / "results.json") == failing_run()


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        (passing_run("load"), "is of a load run"),
        (replace(passing_run(), clauses=()), "judged no clause"),
        (replace(passing_run(), format=99), "newer result format 99"),
    ],
)
def test_a_baseline_that_cannot_be_compared_with_is_refused(
    tmp_path: Path, results: Results, sentence: str
) -> None:
    with pytest.raises(UsageError) as raised:
        read_baseline(_written(tmp_path, results))
    assert sentence in str(raised.value)


def test_a_baseline_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--baseline: cannot read"):
        read_baseline(tmp_path / "results.json")
