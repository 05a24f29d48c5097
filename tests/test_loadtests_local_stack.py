"""`locust -f loadtests --target local`: the reference app, started and stopped by the command."""

from __future__ import annotations

from pathlib import Path

from conformance.selftest.known_bad import HERE
from reports.results import EXIT_OF, Outcome
from reports.run_folder import read_plan
from tests.loadtests_command import run_load


def test_the_reference_app_is_loaded_and_judged_on_a_local_stack(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    users = ("-u", "8", "-r", "20", "-t", "6s", "--talk-interval", "1", "--stay", "1", "--away", "0.5")
    stack = ("--target", "local", "--parameter", "StageName=load")
    load = run_load(folder, *stack, *users)
    assert load.exit == EXIT_OF[load.results.verdict], load.output
    assert load.results.verdict != "error", load.output
    assert not load.failed, load.output
    assert load.clause("BCAST-02").outcome is Outcome.PASS
    assert load.clause("CHURN-05").outcome is Outcome.PASS
    assert load.results.stale_rows["left"] == 0 < load.results.stale_rows["seen"]
    assert load.results.delivery.delivered > 0
    assert "/load" in (folder / "stack.log").read_text(encoding="utf-8")
    assert "stopped" in (folder / "stack.log").read_text(encoding="utf-8").splitlines()[-1]
    assert read_plan(folder)["churn"] is True


def test_rows_that_nobody_removes_are_found_by_a_load(tmp_path: Path) -> None:
    backend = HERE / "keeps_rows_of_the_cut_off"
    users = ("-u", "12", "-r", "20", "-t", "5s", "--talk-interval", "1", "--stay", "1", "--away", "0.5")
    contract = tmp_path / "contract.toml"
    contract.write_text("[bounds]\ncleanup_s = 2.0\nstale_s = 2.0\nconnect_s = 1.0\n", encoding="utf-8")
    target = ("--target", str(backend / "template.yaml"), "--contract", str(contract))
    load = run_load(tmp_path / "run", *target, *users, "Dropper", "Talker")
    assert load.clause("CHURN-05").outcome is Outcome.FAIL, load.output
    assert load.results.stale_rows["left"] > 0


def test_an_idle_herd_is_ended_by_the_moved_clock_and_hears_again_when_it_is_back(tmp_path: Path) -> None:
    users = ("-u", "10", "-r", "20", "--talk-interval", "1", "Talker")
    load = run_load(tmp_path / "run", "--target", "local", "--scenario", "idle-herd", *users)
    assert not load.failed, load.output
    (told,) = (remark for remark in load.results.remarks if remark.startswith("idle herd"))
    assert "10 of 10 silent connections were ended by the other side" in told
    assert "10 with code 1001" in told
    assert load.results.delivery.delivered > 0
