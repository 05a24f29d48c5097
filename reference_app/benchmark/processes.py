"""What the processes of a stack have used of the CPUs, as Linux counts it."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_AFTER_NAME_USER, _AFTER_NAME_SYSTEM = 11, 12


def cpu_seconds(pid: int) -> float:
    """User and system time of one process so far, its children apart; in steps of a clock tick."""
    fields = _fields_after_name(pid)
    return (int(fields[_AFTER_NAME_USER]) + int(fields[_AFTER_NAME_SYSTEM])) / _TICKS_PER_SECOND


def cpu_seconds_of_all(pid: int) -> float:
    """The same for a process and all that descend from it; those that have ended do not count."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return cpu_seconds(pid) + sum(cpu_seconds_of_all(int(child)) for child in children)


def resident_bytes(pid: int) -> int:
    """Memory of one process that is in RAM now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _fields_after_name(pid: int) -> list[str]:
    # The name, in parentheses, may hold anything, spaces and parentheses included.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
