"""What a process and its children have used, from /proc (proc(5))."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Usage:
    cpu_s: float
    """Of user and of system, since the process began."""
    resident_bytes: int


def usage_of(process: int) -> Usage:
    """Raises FileNotFoundError when there is no such process (any more)."""
    folder = Path(f"/proc/{process}")
    # The command's name, in parentheses, may itself hold blanks and parentheses.
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    own = Usage(
        (int(fields[11]) + int(fields[12])) * _TICK_S,
        int((folder / "statm").read_text().split()[1]) * _PAGE,
    )
    children = (folder / f"task/{process}/children").read_text().split()
    others = [usage_of(int(child)) for child in children]
    return Usage(
        own.cpu_s + sum(other.cpu_s for other in others),
        own.resident_bytes + sum(other.resident_bytes for other in others),
    )
