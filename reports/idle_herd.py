"""How silent connections were ended: when, by whom and with which code, from the connections of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .history_reader import Connection

GOING_AWAY = 1001
"""What API Gateway closes idle connections with (LM-17, DC-22)."""
_BY_PEER = ("peer-close", "peer-lost")


@dataclass(frozen=True)
class Herd:
    """The connections that were open when the other side ended the first of them."""

    connections: int
    codes: Mapping[int | None, int]
    """Of those that were ended; None where no close frame came."""
    within_s: float
    """From the first end to the last."""

    @property
    def whole(self) -> bool:
        """Whether there was a herd, and all of it was ended."""
        return 0 < self.connections == sum(self.codes.values())

    def __str__(self) -> str:
        counts = f"{sum(self.codes.values())} of {self.connections} silent connections"
        told = ", ".join(
            f"{number} {'without a close frame' if code is None else f'with code {code}'}"
            for code, number in sorted(self.codes.items(), key=lambda item: -item[1])
        )
        if not told:
            return f"{counts} were ended by the other side"
        expected = "" if set(self.codes) == {GOING_AWAY} else f" (API Gateway sends {GOING_AWAY}, LM-17)"
        return f"{counts} were ended by the other side within {self.within_s:.2f} s: {told}{expected}"


def idle_herd(connections: Sequence[Connection]) -> Herd:
    """What became of the silent; all are counted where none was ended."""
    ends = [c.leaving_ns for c in connections if c.how in _BY_PEER and c.leaving_ns is not None]
    if not ends:
        return Herd(sum(c.opened_ns is not None for c in connections), {}, 0.0)
    herd = [c for c in connections if _open_at(c, min(ends))]
    ended = [c for c in herd if c.how in _BY_PEER]
    last_ns = max(c.leaving_ns for c in ended if c.leaving_ns is not None)
    return Herd(len(herd), Counter(c.code for c in ended), (last_ns - min(ends)) / 1e9)


def _open_at(connection: Connection, at_ns: int) -> bool:
    opened = connection.opened_ns is not None and connection.opened_ns < at_ns
    return opened and (connection.leaving_ns is None or connection.leaving_ns >= at_ns)
