from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reference_app.gateway import group_death
from reference_app.tests.process_state import eventually, state

PARENT = """
import subprocess
from reference_app.gateway import group_death
groups = [subprocess.Popen(["sleep", "600"], start_new_session=True) for _ in range(3)]
for group in groups:
    group_death.add(group.pid)
groups[0].kill()
groups[0].wait()
group_death.remove(groups[0].pid)
print(*(group.pid for group in groups), flush=True)
input()
"""


def test_the_groups_of_a_killed_process_are_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        groups = [int(word) for word in parent.stdout.readline().split()]
        parent.kill()
    eventually(lambda: not any(state(group) for group in groups), "no group is left")


def test_a_group_that_has_ended_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[int] = []
    monkeypatch.setattr(os, "killpg", lambda group, _signal: killed.append(group))
    group_death.kill_those_left(["+1\n", "+2\n", "-1\n", "+3\n", "-3\n"])
    assert killed == [2]


def test_a_group_that_is_gone_meanwhile_does_not_spare_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def kill(group: int, _signal: int) -> None:
        asked.append(group)
        raise ProcessLookupError

    monkeypatch.setattr(os, "killpg", kill)
    group_death.kill_those_left(["+1\n", "+2\n"])
    assert sorted(asked) == [1, 2]
