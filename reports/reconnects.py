"""How a backend takes it when everybody drops and returns at once, from the connections of a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .history_reader import Connection

QUOTA_PER_S = 500
"""New connections a second, of all WebSocket APIs of an account and region, unless raised (LM-1)."""

_TOGETHER_NS = 500_000_000
_LARGE = 0.5
"""Of the largest: smaller groups of droppers are no storm."""
_SECOND_NS = 1_000_000_000
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Storm:
    """One storm. Seconds since it began."""

    dropped: int
    """Connections that were cut off."""
    returned: int
    """Handshakes that succeeded until the next storm, at most as many as were cut off."""
    back_s: float | None
    """Until the last of them; None where not all came back."""
    peak_per_s: int
    """The most handshakes that were begun within one second."""

    def __str__(self) -> str:
        return f"{self.dropped} connections cut off, {self.comeback}"

    @property
    def comeback(self) -> str:
        """Who came back and how fast, as a clause of a sentence."""
        back = f"{self.returned} came back"
        if self.back_s is not None:
            back = f"all were back after {self.back_s:.2f} s"
        over = "above" if self.peak_per_s > QUOTA_PER_S else "within"
        return (
            f"{back}; at most {self.peak_per_s} handshakes begun in one second, {over} API Gateway's default "
            f"quota of {QUOTA_PER_S} (LM-1)"
        )


def storms(connections: Sequence[Connection]) -> list[Storm]:
    """The storms of a run, in order: many connections aborted within half a second."""
    dropped = sorted(c.leaving_ns for c in connections if c.how == "abort" and c.leaving_ns is not None)
    groups = _together(dropped)
    most = max(map(len, groups), default=0)
    large = [group for group in groups if len(group) >= max(2.0, _LARGE * most)]
    ends = [*(group[0] for group in large[1:]), _NEVER]
    return [storm_of(group, connections, end) for group, end in zip(large, ends, strict=False)]


def storm_of(dropped: Sequence[int], connections: Iterable[Connection], end_ns: int = _NEVER) -> Storm:
    """The storm that begins when connections are dropped at these times, of which there are some."""
    since_ns = min(dropped)
    begun = [c for c in connections if since_ns <= c.opening_ns < end_ns]
    opened = sorted(c.opened_ns for c in begun if c.opened_ns is not None)[: len(dropped)]
    whole = len(opened) == len(dropped)
    return Storm(
        dropped=len(dropped),
        returned=len(opened),
        back_s=(opened[-1] - since_ns) / 1e9 if whole else None,
        peak_per_s=_peak([c.opening_ns for c in begun]),
    )


def _together(times_ns: Sequence[int]) -> list[list[int]]:
    groups = [[time_ns] for time_ns in times_ns[:1]]
    for before, after in pairwise(times_ns):
        if after - before > _TOGETHER_NS:
            groups.append([])
        groups[-1].append(after)
    return groups


def _peak(times_ns: Sequence[int]) -> int:
    """The most of these within any one second."""
    if not times_ns:
        return 0
    times = np.sort(np.array(times_ns, np.int64))
    return int((np.searchsorted(times, times + _SECOND_NS) - np.arange(len(times))).max())
