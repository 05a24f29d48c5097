"""`locust -f loadtests` with what cannot work: one sentence, the right exit code, no traceback."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from conformance.selftest.broadcast_server import BroadcastServer
from tests.loadtests_command import Load, run_load

_NOBODY = "ws://127.0.0.1:9/prod"


def _assert_refused(load: Load, *said: str) -> None:
    assert load.exit == 4, load.output
    assert "Traceback" not in load.output
    lines = [
        line for line in load.output.splitlines() if line.startswith(("churnproof: ", "locust: error: "))
    ]
    assert len(lines) == 1
    for word in said:
        assert word in load.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "no target"),
        (("--target", "https://example.com/prod"), "wss://example.com/prod"),
        (("--target", "nowhere.yaml"), "no such SAM template"),
        (("--target", _NOBODY, "--host", "ws://127.0.0.1:10/prod"), "differ"),
        (("--target", _NOBODY), "connection refused"),
        (("--target", _NOBODY, "--talk-interval", "often"), "'often' is not a number of seconds"),
        (("--target", _NOBODY, "--payload-bytes", "10"), "not between"),
        (("--target", _NOBODY, "--scenario", "stampede"), "is none of steady, ramp, spike"),
        (("--target", _NOBODY, "--contract", "no-such-contract.toml"), "no-such-contract.toml"),
        (("--target", _NOBODY, "--parameter", "StageName=dev"), "only a SAM template"),
        (("--target", "local", "--parameter", "Stage"), "NAME=VALUE"),
        (("--tagret", _NOBODY), "Did you mean '--target'?"),
        (("--target", _NOBODY, "--gates", "no-such-file.toml"), "cannot read no-such-file.toml"),
        (
            ("--target", _NOBODY, "--storm-every", "5"),
            "--storm-every is for --scenario reconnect-storm, and this one is steady",
        ),
    ],
)
def test_wrong_options_and_unreachable_targets_are_refused(
    arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    _assert_refused(run_load(folder, "-u", "2", "-t", "1s", *arguments), said)
    assert not folder.exists()


def test_a_table_that_cannot_be_looked_into_is_told_before_the_load(tmp_path: Path) -> None:
    table = '[table]\nname = "rows"\nregion = "eu-west-1"\nendpoint = "http://127.0.0.1:9"\n'
    credentials = '[credentials]\naccess_key_id = "id"\nsecret_access_key = "key"\n'
    with BroadcastServer() as server:
        target = tmp_path / "target.toml"
        target.write_text(f'url = "{server.url}"\n{table}{credentials}', encoding="utf-8")
        load = run_load(tmp_path / "run", "--target", str(target), "-u", "2", "-t", "1s")
    _assert_refused(load, "cannot be reached")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ("max = 0\nkind = 'conformance'", 'has no gate for loads: each is of another kind than "load"'),
        ("max_increase = 0.1", "a single load has no baseline; hold runs against it with"),
    ],
)
def test_gates_that_a_load_can_never_be_held_against_are_refused(
    limit: str, said: str, tmp_path: Path
) -> None:
    gates = tmp_path / "gates.toml"
    gates.write_text(f"[[gate]]\nmetric = 'delivery.lost'\n{limit}\n")
    load = run_load(tmp_path / "run", "--target", _NOBODY, "-u", "2", "-t", "1s", "--gates", str(gates))
    _assert_refused(load, said)
    assert not (tmp_path / "run").exists()


def test_a_refused_handshake_is_told_with_status_and_meaning(tmp_path: Path) -> None:
    with BroadcastServer(refuse=(403, '{"message":"Forbidden"}')) as server:
        load = run_load(tmp_path / "run", "--target", server.url, "-u", "2", "-t", "1s")
    _assert_refused(load, "HTTP 403", "authorizer")


def test_a_target_that_routes_nothing_is_refused_in_words(tmp_path: Path) -> None:
    with BroadcastServer(selector="message") as server:
        load = run_load(tmp_path / "run", "--target", server.url, "-u", "2", "-t", "1s")
    _assert_refused(load, "RouteSelectionExpression")


def test_a_run_folder_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "something").touch()
    _assert_refused(run_load(tmp_path, "--target", _NOBODY, "-u", "2", "-t", "1s"), "is not empty")


def test_too_few_file_descriptors_are_told_before_the_start(tmp_path: Path) -> None:
    load = run_load(
        tmp_path / "run", "--target", _NOBODY, "-u", "1000", "-t", "1s",
        first=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300)),
    )  # fmt: skip
    _assert_refused(load, "needs 1064 file descriptors", "the limit is 300", "--processes")


def test_workers_end_with_a_master_that_gives_up(tmp_path: Path) -> None:
    load = run_load(tmp_path / "run", "--target", _NOBODY, "--processes", "2", "-u", "2", "-t", "1s")
    _assert_refused(load, "connection refused")
