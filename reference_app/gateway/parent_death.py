"""Processes that do not outlive the stack: the kernel kills them when the stack's process is gone.

As a program, it becomes another one that has this property: `python parent_death.py PARENT COMMAND…`.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process as soon as the thread of `parent` that started it ends.

    This holds even if this process is stopped by then, and through execve. On systems other than Linux it
    does nothing. Raises SystemExit if the parent has ended before.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit(1)


if __name__ == "__main__":
    die_with_parent(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - the whole purpose of this program
