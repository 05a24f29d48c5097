"""The drop-in kit: what a test of somebody else's repository sees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.sync.server import ServerConnection

from conformance.harness.contract import Bounds
from conformance.harness.errors import UsageError
from conformance.harness.handshake import Endpoint
from conformance.harness.target import Target
from conformance.kit import ConnectionsMachine, Trial, UndeliveredError

from .broadcast_server import BroadcastServer

_EXAMPLE = Path(__file__).parents[2] / "docs" / "example-app"


class _DeafToOne(BroadcastServer):
    """Forgets the third of three."""

    def members(self) -> dict[str, ServerConnection]:
        return dict(list(super().members().items())[:2])


@contextmanager
def _trial(server: BroadcastServer, folder: Path) -> Iterator[Trial]:
    with server, Trial(Target(Endpoint(server.url), bounds=Bounds(deliver_s=0.5)), folder) as trial:
        yield trial


def test_broadcasts_that_everybody_hears_are_delivered(tmp_path: Path) -> None:
    with _trial(BroadcastServer(), tmp_path) as trial:
        ann, bob = trial.connect_many(2)
        assert trial.broadcast(ann, " hello") == []
        bob.abort()
        trial.send(ann)
        trial.assert_delivered()


def test_somebody_who_does_not_hear_is_told_with_the_timeline(tmp_path: Path) -> None:
    with _trial(_DeafToOne(), tmp_path) as trial:
        [deaf] = trial.broadcast(trial.connect_many(3)[0])
        with pytest.raises(UndeliveredError) as raised:
            trial.assert_delivered()
    assert "1 of 3 owed deliveries lost" in str(raised.value)
    assert f"c{deaf.number} did not hear m0" in str(raised.value)
    assert "MISSING" in str(raised.value)


def test_a_damaged_copy_is_told(tmp_path: Path) -> None:
    with _trial(BroadcastServer(alter=json.dumps), tmp_path) as trial:
        trial.broadcast(trial.connect())
        with pytest.raises(UndeliveredError, match="1 deliveries damaged"):
            trial.assert_delivered()


def test_a_test_in_which_nobody_could_hear_proves_nothing(tmp_path: Path) -> None:
    with _trial(BroadcastServer(), tmp_path) as trial:
        trial.connect()
        with pytest.raises(UndeliveredError, match="nothing was proven"):
            trial.assert_delivered()


def test_a_search_finds_the_shortest_steps_that_fail(tmp_path: Path) -> None:
    with _trial(BroadcastServer(alter=_ascii_only), tmp_path) as trial:
        with pytest.raises(UndeliveredError) as raised:
            trial.explore(ConnectionsMachine)
        steps = [line.partition("state.")[2] for line in str(raised.value).splitlines() if "state." in line]
        assert trial.bounds == trial.target.bounds
    assert (steps[0], steps[-1]) == ("first()", "teardown()")
    broadcasts = [step for step in steps if step.startswith("broadcast(speaker=clients_")]
    # Which connections come before it, and go, is a choice that Hypothesis cannot always undo.
    assert broadcasts[-1].endswith(r"text='\x80')")


def _ascii_only(text: str) -> str:
    return text.encode("ascii", "replace").decode()


def test_a_search_on_a_correct_backend_finds_nothing(tmp_path: Path) -> None:
    with _trial(BroadcastServer(), tmp_path) as trial:
        trial.explore(ConnectionsMachine)


def test_stale_rows_need_the_table(tmp_path: Path) -> None:
    with (
        _trial(BroadcastServer(), tmp_path) as trial,
        pytest.raises(UsageError, match="needs the connection table"),
    ):
        trial.stale_row()


def _pytest(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:locust", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_the_example_of_the_documentation_passes_on_the_local_stack() -> None:
    done = _pytest(_EXAMPLE)
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


def test_a_backend_that_is_none_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nchurnproof_target = template.yaml\n")
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["conformance.kit"]\n')
    (tmp_path / "test_it.py").write_text("def test_it(churnproof):\n    churnproof.connect()\n")
    done = _pytest(tmp_path, CHURNPROOF_TARGET="https://example.test/prod")
    assert "wss://example.test/prod" in done.stdout
    assert done.returncode == 1
    assert "conformance/kit" not in done.stdout
