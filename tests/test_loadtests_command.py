"""`locust -f loadtests` against a correct backend: what it drives, records, and says."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from conformance.harness.deadline import Deadline, wait_for
from conformance.selftest.broadcast_server import BroadcastServer
from reports.cut_short import read_cut_short
from reports.history_reader import History, read_history
from reports.results import EXIT_OF, Outcome
from reports.run_folder import read_plan
from tests.loadtests_command import CHURN, Load, ended, run_load, start_load, target_file


@pytest.fixture(scope="module")
def server() -> Iterator[BroadcastServer]:
    with BroadcastServer() as running:
        yield running


@pytest.fixture(scope="module")
def churn(server: BroadcastServer, tmp_path_factory: pytest.TempPathFactory) -> Load:
    """All users together."""
    folder = tmp_path_factory.mktemp("churn")
    target = target_file(folder, server.url)
    statistics = folder / "statistics"
    return run_load(folder / "run", "--target", str(target), "--seed", "7", "--csv", str(statistics), *CHURN)


@pytest.fixture(scope="module")
def calm(server: BroadcastServer, tmp_path_factory: pytest.TempPathFactory) -> Load:
    """Talkers and listeners only, and a gate that they cannot meet."""
    folder = tmp_path_factory.mktemp("calm")
    gates = folder / "gates.toml"
    gates.write_text('[[gate]]\nmetric = "delivery.owed"\nmin = 1000000\n', encoding="utf-8")
    target = target_file(folder, server.url)
    users = ("-u", "6", "-r", "100", "-t", "2s", "--talk-interval", "0.2", "Talker", "Listener")
    return run_load(folder / "run", "--host", str(target), "--gates", str(gates), *users)


@pytest.fixture(scope="module")
def history(churn: Load) -> History:
    return read_history(churn.folder)


def test_a_correct_backend_is_conformant_under_load_and_churn(churn: Load) -> None:
    churn.skip_if_starved()
    assert churn.exit == 0, churn.output
    assert churn.results.verdict == "pass"
    assert churn.results.kind == "load"
    undecided = {c.id for c in churn.results.clauses if c.outcome in (Outcome.UNKNOWN, Outcome.SKIP)}
    assert undecided == {"CHURN-05"}, "it needs a table"


def test_every_delivery_is_verified_and_none_is_missing(churn: Load) -> None:
    churn.skip_if_starved()
    delivery = churn.results.delivery
    assert delivery.owed > 100
    assert (delivery.lost, delivery.duplicated, delivery.corrupted, delivery.leaked) == (0, 0, 0, 0)


def test_the_exit_code_is_that_of_the_verdict(churn: Load) -> None:
    assert churn.exit == EXIT_OF[churn.results.verdict]


def test_connects_sends_and_deliveries_are_in_locusts_own_statistics(churn: Load, history: History) -> None:
    table = (churn.folder.parent / "statistics_stats.csv").read_text(encoding="utf-8")
    rows = {line.split(",")[1]: line.split(",") for line in table.splitlines()}
    assert int(rows["delivery"][2]) == len(history.deliveries)
    assert int(rows["connect"][2]) == sum(c.opened_ns is not None for c in history.connections)
    assert int(rows["send"][2]) == sum(not m.group.startswith("mischief/") for m in history.messages)


def test_no_push_takes_no_time_in_locusts_statistics(churn: Load) -> None:
    table = (churn.folder.parent / "statistics_stats.csv").read_text(encoding="utf-8")
    header, *lines = (line.split(",") for line in table.splitlines())
    delivery = dict(zip(header, next(line for line in lines if line[1] == "delivery"), strict=True))
    assert float(delivery["Min Response Time"]) >= 1
    assert float(delivery["50%"]) >= 1


def test_latency_counts_from_the_intended_time_and_messages_keep_to_their_schedule(history: History) -> None:
    main = [m for m in history.messages if m.group == "churn/main"]
    by_sender: dict[int, list[int]] = {}
    for message in main:
        assert message.intended_ns <= message.started_ns
        by_sender.setdefault(message.sender, []).append(message.intended_ns)
    gaps = {b - a for times in by_sender.values() for a, b in pairwise(times)}
    assert gaps == {400_000_000}


def test_clients_leave_by_close_handshake_and_by_reset_and_come_back(history: History) -> None:
    joiners = [c for c in history.connections if c.group == "joiner"]
    assert {"close", "abort"} <= {c.how for c in joiners}
    assert len(joiners) > 6  # of the six who come and go


def test_those_who_come_and_go_are_there_at_the_end_and_are_spoken_to(history: History) -> None:
    final = [m for m in history.messages if m.group == "churn/final"]
    assert final
    last_ns = final[-1].started_ns
    there = [c for c in history.connections if c.group == "joiner" and (c.leaving_ns or 0) > last_ns]
    assert len(there) == 6


def test_misbehaviour_is_sent_and_owed_to_nobody(history: History) -> None:
    kinds = {m.group for m in history.messages if m.group.startswith("mischief/")}
    assert kinds == {"mischief/unknown-action", "mischief/not-json"}


def test_the_phases_of_the_run_are_recorded_in_their_order(churn: Load) -> None:
    assert [span.name for span in churn.results.phases] == ["main", "heal", "settle", "final"]


def test_the_run_folder_holds_everything_that_a_run_leaves(churn: Load) -> None:
    left = {path.name for path in churn.folder.iterdir()}
    assert {"plan.json", "results.json", "latency.hlog", "junit.xml", "summary.md", "report.html"} <= left
    plan = read_plan(churn.folder)
    assert plan["seed"] == 7
    assert set(plan["mix"]) == {"Listener", "Talker", "Joiner", "Dropper", "Misbehaver"}


def test_what_was_recorded_before_a_run_is_killed_is_known_to_be_a_load_and_how_to_repeat_it(
    churn: Load, tmp_path: Path
) -> None:
    for path in (churn.folder / "plan.json", *churn.folder.glob("history.*")):
        shutil.copy(path, tmp_path)
    left = read_cut_short(tmp_path)
    assert (left.kind, left.seed, left.target) == ("load", 7, churn.results.target)
    assert left.command == churn.results.command


def test_the_terminal_shows_verdict_and_page(churn: Load) -> None:
    assert churn.results.reason in churn.output
    assert str(churn.folder / "report.html") in churn.output
    assert "Traceback" not in churn.output


def test_a_load_without_churn_is_judged_by_the_clauses_of_calm_traffic(calm: Load) -> None:
    calm.skip_if_starved()
    assert calm.results.verdict == "pass"
    assert calm.clause("BCAST-01").outcome is Outcome.PASS
    assert calm.clause("CHURN-10").outcome is Outcome.PASS


def test_clauses_about_what_did_not_happen_are_skipped_with_the_reason(calm: Load) -> None:
    assert calm.clause("CHURN-01").outcome is Outcome.SKIP
    assert calm.clause("CHURN-01").reason == "no Joiner and no Dropper took part"
    assert calm.clause("LEAK-01").outcome is Outcome.SKIP


def test_gates_decide_the_exit_code(calm: Load) -> None:
    calm.skip_if_starved()
    assert calm.exit == 1
    assert "delivery.owed" in calm.output


def test_an_interrupt_ends_the_run_in_good_order(server: BroadcastServer, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    target = target_file(tmp_path, server.url)
    process = start_load(folder, "--target", str(target), *CHURN, "-t", "60s")
    heard = folder / "history.0.deliveries"
    assert wait_for(lambda: heard.exists() and heard.stat().st_size > 24 * 100, Deadline(30))
    process.send_signal(signal.SIGINT)
    load = ended(process, folder)
    assert load.exit == EXIT_OF[load.results.verdict]
    assert not load.results.cut_short
    assert load.results.delivery.owed > 0
    assert "Traceback" not in load.output
    load.skip_if_starved()
    assert load.results.verdict == "inconclusive"
    assert "of the 1 min 00 s asked for" in load.results.reason


def test_the_command_that_repeats_the_run_is_kept(churn: Load) -> None:
    assert churn.results.command.startswith("locust ")
    assert "--seed 7" in churn.results.command
    assert "--run-dir" not in churn.results.command


def test_a_seed_that_was_drawn_is_part_of_the_command(calm: Load) -> None:
    assert f"--seed={calm.results.seed}" in calm.results.command
