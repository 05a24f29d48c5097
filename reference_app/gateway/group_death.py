"""Process groups that do not outlive the stack, whatever ends it.

The kernel's parent-death signal reaches a function's own process; what that has started would live on. So one
process that is nobody's child reads from a pipe which groups there are, and kills them when the pipe ends.

As a program, it is that process: `+ID` and `-ID` lines on standard input.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from functools import cache


def add(group: int) -> None:
    """Have a group killed as soon as this process is gone."""
    _tell(f"+{group}\n")


def remove(group: int) -> None:
    """Its processes have ended, and its number may become somebody else's."""
    _tell(f"-{group}\n")


def kill_those_left(lines: Iterable[str]) -> None:
    """Keep account of the groups until the lines end; then kill them."""
    groups: set[int] = set()
    for line in lines:
        note = groups.add if line[0] == "+" else groups.discard
        note(int(line[1:]))
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


def _tell(line: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # somebody has killed it: the parent-death signal remains
        os.write(_watcher(), line.encode())


@cache
def _watcher() -> int:
    """Start it, once a process; returns the writing end of its pipe."""
    reading, writing = os.pipe()
    try:
        subprocess.run(
            [sys.executable, "-I", "-S", __file__],
            stdin=reading,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            check=True,
        )
    finally:
        os.close(reading)
    return writing


if __name__ == "__main__" and not os.fork():
    kill_those_left(sys.stdin)
