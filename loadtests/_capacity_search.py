"""Looks for the largest load that holds: doubles until one breaks, then halves the gap."""

from __future__ import annotations

_PRECISION = 0.1
"""Share of the load that holds by which the one that breaks may lie above it."""


class CapacitySearch:
    """Loads to try, one after another. `held` is the largest that held, `broken` the least that broke."""

    def __init__(self, first: int, most: int) -> None:
        self._most = most
        self.load: int | None = min(first, most)
        """What to try now; None when the search is over."""
        self.held = 0
        self.broken: int | None = None

    def tried(self, *, held: bool) -> None:
        """The outcome of `load`; sets the next one."""
        if self.load is None:
            raise RuntimeError("the search is over")
        if held:
            self.held = max(self.held, self.load)
        else:
            self.broken = self.load
        self.load = self._next()

    def _next(self) -> int | None:
        if self.broken is None:
            return None if self.held >= self._most else min(2 * self.held, self._most)
        gap = self.broken - self.held
        return None if gap <= max(1, _PRECISION * self.held) else self.held + gap // 2
