"""What a process and its children have used, from /proc (proc(5))."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Usage:
    cpu_by_process_s: Mapping[int, float]
    """Of user and of system, since each process began."""
    resident_bytes: int

    @property
    def cpu_s(self) -> float:
        return sum(self.cpu_by_process_s.values())

    def busiest_since(self, earlier: Usage) -> float:
        """CPU seconds of the process that has used the most since then."""
        before = earlier.cpu_by_process_s
        return max(used - before.get(process, 0.0) for process, used in self.cpu_by_process_s.items())


def usage_of(process: int) -> Usage:
    """Raises FileNotFoundError when there is no such process (any more)."""
    folder = Path(f"/proc/{process}")
    # The command's name, in parentheses, may itself hold blanks and parentheses.
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    cpu = {process: (int(fields[11]) + int(fields[12])) * _TICK_S}
    resident = int((folder / "statm").read_text().split()[1]) * _PAGE
    for child in (folder / f"task/{process}/children").read_text().split():
        usage = usage_of(int(child))
        cpu.update(usage.cpu_by_process_s)
        resident += usage.resident_bytes
    return Usage(cpu, resident)
