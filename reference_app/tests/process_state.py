"""What the kernel says of a process, and waits for it to say so."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

PATIENCE_S = 60.0
"""Bound of every wait; only a test that fails ever uses it up."""


def state(pid: int) -> str | None:
    """`R`, `S`, `T` for stopped, …; None once the process is gone or waits to be reaped."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return None
    letter = text.rpartition(") ")[2][0]
    return None if letter in "ZX" else letter


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Wait until the condition holds. Raises AssertionError when patience ends."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {PATIENCE_S:g} s: {what}"
        time.sleep(0.005)
