"""How silent connections were ended and came back: when, by whom and with which code, from a run's record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .history_reader import Connection
from .reconnects import Storm, storm_of

GOING_AWAY = 1001
"""What API Gateway closes idle connections with (LM-17, DC-22)."""
_BY_PEER = ("peer-close", "peer-lost")
_MOST_NAMED = 6


@dataclass(frozen=True)
class Herd:
    """The connections that were open when the other side ended the first of them."""

    connections: int
    codes: Mapping[int | None, int]
    """Of those that were ended; None where no close frame came."""
    within_s: float
    """From the first end to the last."""
    spared: tuple[str, ...] = ()
    """Those that were not ended, by label."""
    silent_s: tuple[float, float] | None = None
    """The shortest and the longest silence that was ended; None where the target's clock was moved."""
    after: Storm | None = None
    """How they came back; None where none was ended."""

    @property
    def whole(self) -> bool:
        """Whether there was a herd, and all of it was ended."""
        return 0 < self.connections == sum(self.codes.values())

    def __str__(self) -> str:
        counts = f"{sum(self.codes.values())} of {self.connections} silent connections"
        if self.after is None:
            return f"{counts} were ended by the other side; API Gateway ends them after 10 minutes (LM-3)"
        told = ", ".join(
            f"{number} {'without a close frame' if code is None else f'with code {code}'}"
            for code, number in sorted(self.codes.items(), key=lambda item: -item[1])
        )
        expected = "as API Gateway does" if set(self.codes) == {GOING_AWAY} else f"API Gateway: {GOING_AWAY}"
        parts = [
            f"{counts} were ended by the other side within {self.within_s:.2f} s{self._silence}: "
            f"{told} ({expected}, LM-17)",
            *([f"not ended: {_named(self.spared)}"] if self.spared else []),
            self.after.comeback,
        ]
        return "; ".join(parts)

    @property
    def _silence(self) -> str:
        if self.silent_s is None:
            return ", when its clock had been moved past the idle limit (LM-3)"
        least, most = self.silent_s
        return (
            f", after {least:.1f} to {most:.1f} s of silence (API Gateway: 600 s, some 4 s late, LM-3, LM-16)"
        )


def idle_herd(connections: Sequence[Connection], *, moved: bool) -> Herd:
    """What became of the silent; all are counted where none was ended.

    `moved` says that not the time has passed, but the target's clock was moved.
    """
    ends = [c.leaving_ns for c in connections if c.how in _BY_PEER and c.leaving_ns is not None]
    if not ends:
        return Herd(sum(c.opened_ns is not None for c in connections), {}, 0.0)
    herd = [c for c in connections if _open_at(c, min(ends))]
    ended = [(c, c.leaving_ns) for c in herd if c.how in _BY_PEER and c.leaving_ns is not None]
    times_ns = sorted(at_ns for _, at_ns in ended)
    silences_s = [(at_ns - (c.opened_ns or at_ns)) / 1e9 for c, at_ns in ended]
    return Herd(
        connections=len(herd),
        codes=Counter(c.code for c, _ in ended),
        within_s=(times_ns[-1] - times_ns[0]) / 1e9,
        spared=tuple(c.label for c in herd if c.how not in _BY_PEER),
        silent_s=None if moved else (min(silences_s), max(silences_s)),
        after=storm_of(times_ns, connections),
    )


def _open_at(connection: Connection, at_ns: int) -> bool:
    opened = connection.opened_ns is not None and connection.opened_ns < at_ns
    return opened and (connection.leaving_ns is None or connection.leaving_ns >= at_ns)


def _named(labels: Sequence[str]) -> str:
    more = f" and {len(labels) - _MOST_NAMED:,} more" if len(labels) > _MOST_NAMED else ""
    return ", ".join(labels[:_MOST_NAMED]) + more
