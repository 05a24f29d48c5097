from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.harness import local_stack
from conformance.harness.deadline import Deadline, wait_for
from conformance.harness.errors import HarnessError, UsageError
from conformance.harness.local_stack import open_target
from conformance.harness.target import LocalApplication, Target, load_target, target_from_file

WAIT_S = 10.0
REFERENCE = LocalApplication(None)


def stand_in(mode: str) -> list[str]:
    return [sys.executable, str(Path(__file__).with_name("stand_in_stack.py")), mode]


def log(folder: Path) -> str:
    return (folder / "stack.log").read_text()


def test_a_deployed_target_is_what_it_is(tmp_path: Path) -> None:
    target = load_target("ws://127.0.0.1:9/prod")
    with open_target(target, tmp_path) as opened:
        assert opened is target
    assert list(tmp_path.iterdir()) == []


def test_the_stack_says_where_it_is_and_is_stopped(tmp_path: Path) -> None:
    said: list[str] = []
    with open_target(REFERENCE, tmp_path, said.append, stand_in("serves")) as target:
        assert isinstance(target, Target)
        assert target.url == "ws://127.0.0.1:9/prod"
    assert said == ["starting the local stack"]
    assert log(tmp_path).endswith("stopped\n")


def test_a_template_is_handed_over_with_its_whole_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("app.yaml").write_text("")
    with open_target(LocalApplication(Path("app.yaml")), tmp_path, command=stand_in("serves")):
        assert f"'{tmp_path / 'app.yaml'}'" in log(tmp_path)


def test_parameters_and_region_are_handed_over(tmp_path: Path) -> None:
    application = LocalApplication(None, ("Stage=dev", "Name=a b"), "eu-west-1")
    with open_target(application, tmp_path, command=stand_in("serves")):
        assert "'--parameter', 'Stage=dev', '--parameter', 'Name=a b', '--region', 'eu-west-1'" in log(
            tmp_path
        )


def test_what_was_started_keeps_the_name_that_the_user_gave_it(tmp_path: Path) -> None:
    for application, name in ((REFERENCE, "local"), (LocalApplication(Path("a/app.yaml")), "a/app.yaml")):
        with open_target(application, tmp_path, command=stand_in("serves")) as target:
            assert target.describe()["name"] == name
    assert "name" not in target_from_file(tmp_path / "target.toml").describe()


def test_a_template_that_the_stack_refuses_is_a_usage_error_in_its_own_words(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match=r"^template\.yaml has no WebSocket API$"),
        open_target(REFERENCE, tmp_path, command=stand_in("refuses")),
    ):
        pytest.fail("it was not refused")


def test_a_missing_extra_is_said_in_words(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match=r"churnproof\[local\].*moto"),
        open_target(REFERENCE, tmp_path, command=stand_in("lacks-a-package")),
    ):
        pytest.fail("nothing was missing")


def test_a_stack_that_breaks_is_our_error_and_shows_its_log(tmp_path: Path) -> None:
    with (
        pytest.raises(HarnessError, match=r"(?s)before it was ready \(exit code 3\).*something went wrong"),
        open_target(REFERENCE, tmp_path, command=stand_in("breaks")),
    ):
        pytest.fail("it did not break")


def test_a_stack_that_does_not_become_ready_is_our_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_stack, "START_S", 0.2)
    with (
        pytest.raises(HarnessError, match=r"not ready within 0\.2 s"),
        open_target(REFERENCE, tmp_path, command=stand_in("never-ready")),
    ):
        pytest.fail("it was ready")


def test_a_stack_that_dies_during_the_run_is_our_error(tmp_path: Path) -> None:
    opening = open_target(REFERENCE, tmp_path, command=stand_in("serves"))
    opening.__enter__()
    pid = int(log(tmp_path).split()[1].rstrip(","))
    os.kill(pid, signal.SIGKILL)
    assert wait_for(lambda: not _alive(pid), Deadline(WAIT_S))
    with pytest.raises(HarnessError, match="in the middle of the run"):
        opening.__exit__(None, None, None)


def test_what_fails_because_the_stack_is_dead_is_told_by_its_end(tmp_path: Path) -> None:
    opening = open_target(REFERENCE, tmp_path, command=stand_in("serves"))
    opening.__enter__()
    pid = int(log(tmp_path).split()[1].rstrip(","))
    os.kill(pid, signal.SIGKILL)
    assert wait_for(lambda: not _alive(pid), Deadline(WAIT_S))
    failure = HarnessError("nobody answers")
    with pytest.raises(HarnessError, match="in the middle of the run"):
        opening.__exit__(HarnessError, failure, None)


def test_a_stack_with_controls_is_asked_for_them(tmp_path: Path) -> None:
    with open_target(REFERENCE, tmp_path, command=stand_in("serves"), controls=True):
        assert "'--control-port', '0'" in log(tmp_path)


def test_a_stack_that_does_not_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_stack, "STOP_S", 0.2)
    with open_target(REFERENCE, tmp_path, command=stand_in("stubborn")):
        pass
    assert "stopped" not in log(tmp_path)


def test_an_error_of_the_run_is_not_hidden_by_the_stopping(tmp_path: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        open_target(REFERENCE, tmp_path, command=stand_in("serves")),
    ):
        raise ZeroDivisionError
    assert log(tmp_path).endswith("stopped\n")


@pytest.mark.skipif(sys.platform != "linux", reason="the stack is tied to its starter on Linux only")
def test_a_stack_does_not_outlive_a_killed_starter(tmp_path: Path) -> None:
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from conformance.harness.local_stack import open_target\n"
        "from conformance.harness.target import LocalApplication\n"
        "with open_target(LocalApplication(None), Path(sys.argv[1]), command=sys.argv[2:]):\n"
        "    time.sleep(60)\n"
    )
    recording = tmp_path / "pid"
    serving = [sys.executable, "-c", _RECORDS_ITS_PID, str(recording)]
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path), *serving]) as starter:
        assert wait_for(lambda: recording.exists() and bool(recording.read_text()), Deadline(WAIT_S))
        starter.kill()
    assert wait_for(lambda: not _alive(int(recording.read_text())), Deadline(WAIT_S))


_RECORDS_ITS_PID = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(60)"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state != "Z"
