from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from reports.artefacts import write_artefacts, write_report
from reports.gates import Gate, judge_gates
from reports.latency_counts import TimeAxis
from reports.metrics import no_pairs
from reports.results import Results
from reports.tests.sample_runs import failing_run, passing_run

SECRET = "s3cr3t-t0k3n-value"
NOTHING_OWED = no_pairs(TimeAxis(0, 1.0, 1))
AWS_KEY = "wJalrXUtnFEMI" + "K7MDENGbPxRfiCYEXAMPLEKEY"


def leaky_run() -> Results:
    run = failing_run()
    finding = replace(run.clauses[4].findings[0], observed=f"frame said {SECRET} and {AWS_KEY}")
    clause = replace(
        run.clauses[4],
        reason=f"Authorization: Bearer {SECRET}",
        evidence={"url": f"wss://h/?token={SECRET}"},
        findings=(finding,),
    )
    return replace(
        run,
        reason=f"with {SECRET}",
        clauses=(clause,),
        target={"url": f"wss://user:{SECRET}@h/prod", "headers": {"Cookie": SECRET}},
        command=f"pytest --target 'wss://h/?token={SECRET}'",
        environment={"AWS_SECRET_ACCESS_KEY": AWS_KEY},
    )


def test_a_run_folder_gets_all_five(tmp_path: Path) -> None:
    written = write_artefacts(tmp_path, failing_run(), NOTHING_OWED)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "junit.xml",
        "latency.hlog",
        "report.html",
        "results.json",
        "summary.md",
    ]
    assert written.page == tmp_path / "report.html"
    assert written.problems == ()


def test_results_come_back_as_they_were(tmp_path: Path) -> None:
    write_artefacts(tmp_path, failing_run(), NOTHING_OWED)
    assert Results.from_json((tmp_path / "results.json").read_text()) == failing_run()


def test_gates_are_part_of_every_report(tmp_path: Path) -> None:
    write_artefacts(
        tmp_path,
        failing_run(),
        NOTHING_OWED,
        gates=judge_gates([Gate("delivery.lost", most=0)], failing_run()),
    )
    for name in ("junit.xml", "summary.md", "report.html"):
        assert "delivery.lost ≤ 0" in (tmp_path / name).read_text()


def test_no_planted_secret_reaches_any_artefact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", AWS_KEY)
    write_artefacts(tmp_path, leaky_run(), NOTHING_OWED, secrets=[SECRET])
    for path in tmp_path.iterdir():
        assert SECRET not in path.read_text()
        assert AWS_KEY not in path.read_text()


def test_reports_over_older_folders_are_redacted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", AWS_KEY)
    write_report(tmp_path, [("old", leaky_run(), ())])
    for path in tmp_path.iterdir():
        assert AWS_KEY not in path.read_text()
        assert f"token={SECRET}" not in path.read_text()


def test_one_that_cannot_be_written_is_told_and_the_others_are_there(tmp_path: Path) -> None:
    (tmp_path / "summary.md").mkdir()
    written = write_artefacts(tmp_path, failing_run(), NOTHING_OWED)
    assert [path.name for path in written.paths] == [
        "results.json",
        "latency.hlog",
        "junit.xml",
        "report.html",
    ]
    (problem,) = written.problems
    assert problem.startswith(f"cannot write {tmp_path / 'summary.md'}: ")
    assert not list(tmp_path.glob("*.new"))


def test_a_folder_that_is_gone_fails_every_one(tmp_path: Path) -> None:
    written = write_artefacts(tmp_path / "gone", failing_run(), NOTHING_OWED)
    assert (written.paths, len(written.problems), written.page) == ((), 5, None)


def test_a_lone_surrogate_stops_nothing(tmp_path: Path) -> None:
    assert write_artefacts(tmp_path, replace(failing_run(), reason="\ud800"), NOTHING_OWED).problems == ()


def test_a_report_over_several_runs_holds_them_all(tmp_path: Path) -> None:
    gates = judge_gates([Gate("delivery.lost", most=0)], failing_run())
    write_report(
        tmp_path / "new" / "report", [("one", failing_run(), gates), ("two", passing_run("load"), ())]
    )
    combined = json.loads((tmp_path / "new" / "report" / "report.json").read_text())
    assert (combined["format"], combined["exit"]) == (1, 1)
    assert [(run["name"], run["exit"]) for run in combined["runs"]] == [("one", 1), ("two", 0)]
    assert combined["runs"][0]["gates"][0]["outcome"] == "missed"
    assert combined["runs"][1]["results"]["kind"] == "load"


def test_a_report_that_has_no_place_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    written = write_report(tmp_path / "file", [("one", passing_run(), ())])
    assert written.paths == ()
    assert written.problems[0].startswith(f"cannot make {tmp_path / 'file'}: ")
