"""Secrets planted wherever text comes from, and looked for in everything that leaves the command."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reports.__main__ import main
from reports.history import ConnectStarted
from reports.history_writer import HistoryWriter
from reports.results import Results
from reports.tests.sample_history_of_runs import daily_runs
from reports.tests.sample_runs import write_results
from reports.tests.sample_sides import STEADY, side
from reports.tests.test_artefacts import AWS_KEY, leaky_run

BEARER = "Bearer " + "t0ken" * 6
PASSWORD = "wss://user:pa55w0rd-of-the-user@h/prod"
PLANTED = (AWS_KEY, "t0ken" * 6, "pa55w0rd-of-the-user")


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", AWS_KEY)


def leaky(run: Results) -> Results:
    """The run with secrets in its target, environment, reason and command."""
    text = f"{AWS_KEY} {BEARER} {PASSWORD}"
    return replace(
        run,
        reason=text,
        target={"region": text, "url": PASSWORD},
        environment={"python": text, "system": text},
        command=f"pytest --target '{PASSWORD}' # {text}",
        clauses=leaky_run().clauses,
    )


def saved(run: Results, folder: Path) -> str:
    folder.mkdir(parents=True)
    write_results(leaky(run), folder)
    return str(folder)


def found_in(out: Path, captured: str) -> list[str]:
    texts = {path.name: path.read_text() for path in out.iterdir()} | {"the terminal": captured}
    assert len(texts) >= 5
    return [f"{secret} in {name}" for name, text in texts.items() for secret in PLANTED if secret in text]


def everything(captured: pytest.CaptureFixture[str]) -> str:
    return "".join(captured.readouterr())


def test_none_is_in_a_comparison_with_a_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = [saved(run, tmp_path / f"new-{n}") for n, run in enumerate(side(STEADY, 1))]
    base = [
        saved(replace(run, environment={"python": BEARER}), tmp_path / f"base-{n}")
        for n, run in enumerate(side(STEADY))
    ]
    main([*new, "--baseline", *base, "--out", str(tmp_path / "out")])
    assert found_in(tmp_path / "out", everything(capsys)) == []


def test_none_is_in_a_trend(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, run in daily_runs(12, 6):
        saved(run, tmp_path / "runs" / f"{AWS_KEY}-{name}".replace("/", "-"))
    damaged = tmp_path / "runs" / "damaged"
    damaged.mkdir()
    (damaged / "results.json").write_text(f'{{"format": 1, "clauses": "{BEARER}"}}')
    main([str(tmp_path / "runs"), "--out", str(tmp_path / "out")])
    assert found_in(tmp_path / "out", everything(capsys)) == []


def test_none_is_in_a_run_that_was_cut_short(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "plan.json").write_text(f'{{"command": "pytest --target {PASSWORD} # {BEARER}"}}')
    writer = HistoryWriter(folder)
    writer.write(ConnectStarted(1, 0, "stayer"))
    writer.close()
    main([str(folder), "--out", str(tmp_path / "out")])
    assert found_in(tmp_path / "out", everything(capsys)) == []


def test_a_planted_one_would_be_found(tmp_path: Path) -> None:
    for name in ("a", "b", "c", "d"):
        (tmp_path / name).write_text(BEARER)
    assert len(found_in(tmp_path, "")) == 4
