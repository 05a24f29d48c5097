from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from reports.__main__ import main
from reports.history import ConnectStarted
from reports.history_writer import HistoryWriter
from reports.results import Exit, Results, Verdict
from reports.tests.sample_history_of_runs import daily_runs
from reports.tests.sample_runs import failing_run, passing_run, write_results
from reports.tests.sample_sides import SLOWER, STEADY, side


def run_folder(parent: Path, name: str, results: Results) -> Path:
    folder = parent / name
    folder.mkdir(parents=True)
    write_results(results, folder)
    return folder


def gates_file(folder: Path, text: str) -> Path:
    path = folder / "gates.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        ("pass", Exit.OK),
        ("fail", Exit.VIOLATION),
        ("error", Exit.HARNESS_ERROR),
        ("inconclusive", Exit.INCONCLUSIVE),
        ("partial", Exit.INCONCLUSIVE),
    ],
)
def test_the_exit_code_is_that_of_the_verdict(tmp_path: Path, verdict: Verdict, code: Exit) -> None:
    folder = run_folder(tmp_path, "run", replace(passing_run(), verdict=verdict))
    assert main([str(folder)]) is code


def test_one_run_is_reported_into_its_own_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = run_folder(tmp_path, "a-run", failing_run())
    main([str(folder)])
    assert {"ctrf.json", "junit.xml", "report.html", "report.json", "results.json", "summary.md"} == {
        path.name for path in folder.iterdir()
    }
    out = capsys.readouterr().out
    assert "a-run: VIOLATION  2 clauses violated: BCAST-01, STALE-02" in out
    assert f"report: {folder / 'report.html'}" in out


def test_several_runs_are_reported_into_a_folder_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folders = [run_folder(tmp_path, "one", passing_run()), run_folder(tmp_path, "two", failing_run())]
    assert main([str(folder) for folder in folders]) is Exit.VIOLATION
    combined = json.loads((tmp_path / "report" / "report.json").read_text())
    assert [run["name"] for run in combined["runs"]] == ["one", "two"]
    assert not (folders[0] / "report.html").exists()


def test_folders_of_one_name_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = [run_folder(tmp_path / parent, "run", passing_run()) for parent in "ab"]
    main([*map(str, folders), "--out", str(tmp_path / "out")])
    assert f"{folders[0]}: CONFORMANT" in capsys.readouterr().out


def test_the_place_can_be_chosen(tmp_path: Path) -> None:
    folder = run_folder(tmp_path, "run", passing_run())
    main([str(folder), "--out", str(tmp_path / "deep" / "out")])
    assert (tmp_path / "deep" / "out" / "report.html").exists()


def test_a_missed_gate_fails_a_conformant_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = run_folder(tmp_path, "run", passing_run())
    gates = gates_file(tmp_path, '[[gate]]\nmetric = "latency_ms.last.p99"\nmax = 5')
    assert main([str(folder), "--gates", str(gates)]) is Exit.VIOLATION
    out = capsys.readouterr().out
    assert "GATE MISSED  1 of 1 gates missed" in out
    assert "latency_ms.last.p99 ≤ 5  (observed 88.1, margin -83.1)" in out


def test_a_gate_for_a_kind_of_run_that_is_missing_does_not_pass(tmp_path: Path) -> None:
    folder = run_folder(tmp_path, "run", passing_run("conformance"))
    gates = gates_file(tmp_path, '[[gate]]\nmetric = "delivery.lost"\nmax = 0\nkind = "load"')
    assert main([str(folder), "--gates", str(gates)]) is Exit.INCONCLUSIVE


def sides(parent: Path) -> tuple[list[str], list[str]]:
    base = [str(run_folder(parent, f"base-{n}", run)) for n, run in enumerate(side(STEADY))]
    return [str(run_folder(parent, f"new-{n}", run)) for n, run in enumerate(side(SLOWER, 1))], base


def test_a_baseline_tells_what_got_worse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new, base = sides(tmp_path)
    main([*new, "--baseline", *base, "--out", str(tmp_path / "out")])
    assert "against the baseline: REGRESSED  latency_ms.last.p50 regressed: +40 %" in capsys.readouterr().out
    for name in ("report.html", "summary.md", "report.json"):
        assert "regressed" in (tmp_path / "out" / name).read_text()


def test_a_regression_fails_the_command(tmp_path: Path) -> None:
    new, base = sides(tmp_path)
    out = ["--out", str(tmp_path / "out")]
    assert main([*new, "--baseline", *base, *out]) is Exit.VIOLATION
    assert main([*base, "--baseline", *new, *out]) is Exit.OK


def test_a_comparison_of_too_few_runs_is_inconclusive(tmp_path: Path) -> None:
    new, base = sides(tmp_path)
    out = ["--out", str(tmp_path / "out")]
    assert main([*new[:2], "--baseline", *base[:2], *out]) is Exit.INCONCLUSIVE


def test_gates_that_limit_the_change_decide_in_place_of_the_comparison(tmp_path: Path) -> None:
    new, base = sides(tmp_path)
    gates = gates_file(tmp_path, '[[gate]]\nmetric = "latency_ms.last.p50"\nmax_increase = 0.6')
    out = ["--out", str(tmp_path / "out"), "--gates", str(gates)]
    assert main([*new, "--baseline", *base, *out]) is Exit.OK


def test_a_gate_against_the_baseline_fails_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new, base = sides(tmp_path)
    gates = gates_file(tmp_path, '[[gate]]\nmetric = "latency_ms.last.p50"\nmax_increase = 0.1')
    out = ["--out", str(tmp_path / "out"), "--gates", str(gates)]
    assert main([*new, "--baseline", *base, *out]) is Exit.VIOLATION
    assert "missed     latency_ms.last.p50 ≤ baseline + 10 %" in capsys.readouterr().out
    assert (
        "1 of 1 gates across all runs missed; all 6 runs passed"
        in (tmp_path / "out" / "summary.md").read_text()
    )
    assert json.loads((tmp_path / "out" / "report.json").read_text())["exit"] == Exit.VIOLATION
    assert main([*new, *out]) is Exit.INCONCLUSIVE


def test_a_folder_of_runs_draws_a_trend(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, run in daily_runs(24, 12):
        run_folder(tmp_path / "runs", name, run)
    (tmp_path / "runs" / "run-03" / "results.json").write_text(
        '{"format": 2, "clauses": [], "started": "2026-03-04T09:00:00+00:00"}'
    )
    assert main(["runs"]) is Exit.OK
    captured = capsys.readouterr()
    assert "run-23: CONFORMANT" in captured.out
    assert "run-22" not in captured.out
    assert "trend: latency_ms.last.p50 changed from 52 ms to 104 ms (+100 %)" in captured.out
    assert "newer result format 2" in captured.err
    for name in ("report.html", "summary.md", "report.json"):
        assert "run-12" in (tmp_path / "report" / name).read_text()


def test_the_bill_follows_the_price_table_and_what_is_assumed(tmp_path: Path) -> None:
    folder = run_folder(tmp_path, "run", passing_run("load"))
    table = (Path(__file__).parents[1] / "prices.toml").read_text()
    prices = tmp_path / "prices.toml"
    prices.write_text(table.replace("us-east-1", "eu-west-1"))
    main([str(folder), "--prices", str(prices), "--assume", "row_bytes=40000"])
    cost = json.loads((folder / "report.json").read_text())["runs"][0]["results"]["cost"]
    assert cost["region"] == "eu-west-1"
    assert any("40000 bytes a connection" in sentence for sentence in cost["assumptions"])


def test_a_run_cut_short_is_reported_and_says_how_to_judge_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    writer = HistoryWriter(tmp_path)
    writer.write(ConnectStarted(1, 0, "stayer"))
    writer.close()
    assert main([str(tmp_path)]) is Exit.INCONCLUSIVE
    assert "CUT SHORT  the run was cut short before it was judged" in capsys.readouterr().out
    assert (tmp_path / "report.html").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: RUN"),
        (["run", "--baseline", "absent"], "reports: absent does not exist"),
        (["absent"], "reports: absent does not exist"),
        (["run", "--gates", "absent.toml"], "reports: cannot read absent.toml"),
        (["run", "--gates", "bad.toml"], "reports: bad.toml: gate 1 (delivery.losst): unknown metric"),
        (["run", "truncated"], "results.json is truncated"),
        (
            ["run", "--assume", "memory=1"],
            "nothing called 'memory' is assumed; accepted are lambda_memory_mb",
        ),
        (["run", "--assume", "row_bytes=big"], "--assume row_bytes=big: could not convert"),
        (["run", "--prices", "absent.toml"], "reports: cannot read absent.toml"),
        (["broken"], "was cut short, and its history cannot be read"),
        (["run", "--out", "bad.toml"], "reports: --out: cannot make bad.toml: File exists"),
    ],
)
def test_bad_input_is_one_message_and_exit_4(tmp_path: Path, arguments: list[str], message: str) -> None:
    run_folder(tmp_path, "run", passing_run())
    (tmp_path / "bad.toml").write_text('[[gate]]\nmetric = "delivery.losst"\nmax = 0')
    (tmp_path / "truncated").mkdir()
    (tmp_path / "truncated" / "results.json").write_text('{"format": 1,')
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "history.0.jsonl").touch()
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "reports", *arguments],
        cwd=tmp_path,
        env={"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_report_that_cannot_be_written_is_a_harness_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = run_folder(tmp_path, "run", passing_run())
    (tmp_path / "out" / "report.html").mkdir(parents=True)
    assert main([str(folder), "--out", str(tmp_path / "out")]) is Exit.HARNESS_ERROR
    captured = capsys.readouterr()
    assert captured.err.startswith("reports: cannot write")
    assert "report:" not in captured.out


def test_an_older_run_does_not_stand_in_for_a_newest_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_folder(tmp_path / "runs", "a-run", passing_run())
    newest = run_folder(tmp_path / "runs", "b-run", passing_run())
    (newest / "results.json").write_text("{")
    assert main([str(tmp_path / "runs"), "--out", str(tmp_path / "out")]) is Exit.INCONCLUSIVE
    assert "the newest run can be read  (no figure): what is shown is an older one" in capsys.readouterr().out
    for name in ("report.html", "summary.md", "junit.xml"):
        assert "what is shown is an older one" in (tmp_path / "out" / name).read_text()
    assert json.loads((tmp_path / "out" / "report.json").read_text())["exit"] == Exit.INCONCLUSIVE


def test_a_fault_of_our_own_is_not_blamed_on_the_target(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise AssertionError("of our own")

    monkeypatch.setattr("reports.__main__.write_report", breaks)
    assert main([str(run_folder(tmp_path, "run", passing_run()))]) is Exit.HARNESS_ERROR
    assert "this is a fault of churnproof's" in capsys.readouterr().err
