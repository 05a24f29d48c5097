"""The workers that `--processes` forks do not outlive their master, however it ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Have every process that is forked from this one get SIGTERM when this one ends (prctl(2)).

    Locust's own way does not reach workers that are still starting when the master gives up.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        os.register_at_fork(after_in_child=lambda: libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM)))
