"""Processes that do not outlive their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from reference_app.gateway import parent_death
from reference_app.tests.process_state import eventually, state

PARENT = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, sys.argv[1], str(os.getpid()), "sleep", "60"])
print(child.pid, flush=True)
time.sleep(60)
"""


def test_a_killed_parent_takes_even_a_frozen_child_along() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, parent_death.__file__], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    # Only after execve is it the program that it was started for, with its parent's death arranged.
    command = Path(f"/proc/{child}/comm")
    eventually(lambda: command.read_text() == "sleep\n", "the launcher became the program")
    os.kill(child, signal.SIGSTOP)
    eventually(lambda: state(child) == "T", "frozen")

    parent.kill()
    parent.wait()
    parent.stdout.close()

    eventually(lambda: state(child) is None, "the child died")


def test_a_child_whose_parent_is_gone_already_does_not_start() -> None:
    with pytest.raises(SystemExit):
        parent_death.die_with_parent(parent=-1)
