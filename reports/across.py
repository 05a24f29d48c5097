"""What several runs tell together."""

from __future__ import annotations

from dataclasses import dataclass

from .baseline import Comparison
from .gates import GateRow
from .trend import Trend


@dataclass(frozen=True)
class Across:
    comparisons: tuple[Comparison, ...] = ()
    """Against a baseline, one for each kind of run."""
    gates: tuple[GateRow, ...] = ()
    """Those that concern all runs: limits of a change, and such as no run was there for."""
    trends: tuple[Trend, ...] = ()
    """Over many runs, one for each kind."""
    left_out: tuple[str, ...] = ()
    """A sentence for each folder that could not be read."""

    def comparison(self, kind: str) -> Comparison | None:
        """That of the runs of this kind."""
        return next((found for found in self.comparisons if found.kind == kind), None)

    def trend(self, kind: str) -> Trend | None:
        """That of the runs of this kind."""
        return next((found for found in self.trends if found.kind == kind), None)


ALONE = Across()
"""Of a single run, without a baseline."""
