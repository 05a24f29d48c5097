"""The clocks of a run on several hosts: each against the reference, from the run's own record.

The reference is the clock that the others were compared with, the master's, or else that of the first
process. What was compared (`ClockCompared`), and every delivery of a message to another host, bounds the
offset from one side. A clock that was not bounded from both sides, or whose bounds contradict each
other, is placed by wall time, with an error that leaves every comparison with it open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from .clock_bands import DRIFT_PPM, UNBOUNDED, Band, Grid, Ints, passed
from .delivery_log import DeliveryFile, DeliveryLog, Ids
from .history import CORRUPT, ClockCompared, Deliveries, Event, Header

if TYPE_CHECKING:
    from .history_reader import Connection, Message

_MARGIN_NS = 100_000_000

_TIMES = ("at_ns", "started_ns", "intended_ns", "asked_ns", "monotonic_ns")
"""Fields that hold a moment of the process's clock, not a duration."""

E = TypeVar("E", Header, Event)
Flags: TypeAlias = npt.NDArray[np.bool_]
_Route: TypeAlias = tuple[str, str]
"""From the clock of that name to the other."""


@dataclass(frozen=True)
class HostClock:
    """One clock of a run, and how its times become the reference's."""

    name: str
    processes: tuple[int, ...]
    band: Band
    """Where it is `unclear`, a guess that nothing may rest on."""
    error_ns: int
    """At most so far from the truth are its times, once they are `placed`."""
    sent: int = 0
    """Messages' deliveries and comparisons that went from it to others, and …"""
    heard: int = 0
    """… that came to it from others."""
    unclear: str = ""
    """Why its offset is not known; empty where it is."""

    def placed(self, at_ns: Ints) -> Ints:
        return self.band.on_reference(at_ns)

    def placed_event(self, event: E) -> E:
        """The event with its times on the reference's clock."""
        names = [name for name in _TIMES if hasattr(event, name)]
        times = self.placed(np.array([getattr(event, name) for name in names], np.int64))
        return replace(event, **dict(zip(names, times.tolist(), strict=True)))

    def __str__(self) -> str:
        who = ", ".join(f"w{process}" for process in self.processes)
        if self.unclear:
            return f"the clock of {who} cannot be compared with the other hosts': {self.unclear}"
        ahead_s = int(self.band.middle[0]) / 1e9
        way = "ahead of" if ahead_s >= 0 else "behind"
        return (
            f"the clock of {who} is {abs(ahead_s):,.6f} s {way} the master's, ±{self.error_ns / 1e6:.2g} ms: "
            f"from {self.sent:,} messages one way and {self.heard:,} the other, drift of up to "
            f"{DRIFT_PPM} ppm allowed for"
        )


def latency_error_ns(clocks: Sequence[HostClock]) -> int | None:
    """At most so far from the truth is a time from one host to another; None where there are no others.

    Nothing is measured with a clock that is unclear.
    """
    errors = sorted(clock.error_ns for clock in clocks if not clock.unclear)
    return sum(errors[-2:]) if errors else None


def clocks_of(
    headers: Sequence[Header],
    connections: Sequence[Connection],
    messages: Sequence[Message],
    compared: Sequence[ClockCompared],
    deliveries: Mapping[int, DeliveryFile],
) -> list[HostClock]:
    """Every clock of a record but the reference, all times as they were recorded; empty if there is one."""
    reference = compared[0].clock if compared else headers[0].clock
    names = sorted({header.clock for header in headers} - {reference})
    if not names:
        return []
    clock_of = {header.process: header.clock for header in headers}
    rough = _rough(headers, compared, clock_of, reference)
    heard = {process: DeliveryLog([file]) for process, file in deliveries.items()}
    times = [header.monotonic_ns - rough[header.clock] for header in headers]
    times += [at_ns - rough[clock_of[c.process]] for c in connections for at_ns in c.times_ns]
    times += [m.started_ns - rough[clock_of[m.id >> 32]] for m in messages]
    times += [log.last_ns - rough[clock_of[process]] for process, log in heard.items() if len(log)]
    grid = Grid.over(min(times) - _MARGIN_NS, max(times) + _MARGIN_NS)
    passages = _Passages(grid, rough)
    for event in compared:
        passages.compared(clock_of[event.process], event)
    sent = _Sent(messages)
    for process, log in heard.items():
        for rows in log:
            passages.delivered(clock_of[process], rows, sent, clock_of)
    bands = _bands(grid, reference, names, passages)
    return [_host(name, headers, bands[name], passages, rough[name]) for name in names]


def _rough(
    headers: Sequence[Header],
    compared: Sequence[ClockCompared],
    clock_of: Mapping[int, str],
    reference: str,
) -> dict[str, int]:
    """Each clock's offset from the reference, by one comparison, or by wall time where there was none."""
    rough = {reference: 0}
    for event in compared:
        rough.setdefault(clock_of[event.process], event.at_ns - event.their_ns)
    known = next(header for header in headers if header.clock in rough)
    for header in headers:
        apart = datetime.fromisoformat(header.wall) - datetime.fromisoformat(known.wall)
        passed_ns = round(apart.total_seconds() * 1e9)
        guess = rough[known.clock] + header.monotonic_ns - known.monotonic_ns - passed_ns
        rough.setdefault(header.clock, guess)
    return rough


class _Sent:
    """When each message was sent, by its sender's clock."""

    def __init__(self, messages: Sequence[Message]) -> None:
        ids = np.array([message.id for message in messages], np.uint64)
        order = np.argsort(ids)
        self._ids = ids[order]
        self._started = np.array([message.started_ns for message in messages], np.int64)[order]

    def of(self, ids: Ids) -> tuple[Ints, Flags]:
        """The times, and which of these messages are known at all."""
        if not len(self._ids):
            return np.zeros(len(ids), np.int64), np.zeros(len(ids), np.bool_)
        slot = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
        return self._started[slot], self._ids[slot] == ids


class _Passages:
    """What passed from clock to clock: the least time that it took by their clocks, near each moment."""

    def __init__(self, grid: Grid, rough: Mapping[str, int]) -> None:
        self._grid = grid
        self._rough = rough
        self.least: dict[_Route, Ints] = {}
        self.count: dict[_Route, int] = {}

    def compared(self, own: str, event: ClockCompared) -> None:
        if event.clock == own:
            return
        at_ns = np.array([event.their_ns])
        self._add((own, event.clock), at_ns, at_ns - event.asked_ns)
        self._add((event.clock, own), at_ns, event.at_ns - at_ns)

    def delivered(self, receiver: str, rows: Deliveries, sent: _Sent, clock_of: Mapping[int, str]) -> None:
        """`rows` were timed by the receiver's clock."""
        started, known = sent.of(rows["message"])
        known &= (rows["flags"] & CORRUPT) == 0
        senders = rows["message"] >> np.uint64(32)
        for process, sender in clock_of.items():
            mine = known & (senders == process)
            if sender != receiver and mine.any():
                sent_ns, heard_ns = started[mine], rows["at_ns"][mine]
                # Exact where one of the two is the reference, whose offset is 0.
                at_ns = sent_ns if self._rough[sender] == 0 else heard_ns - self._rough[receiver]
                self._add((sender, receiver), at_ns, heard_ns - sent_ns)

    def _add(self, route: _Route, at_ns: Ints, took_ns: Ints) -> None:
        least = self._grid.least(at_ns, took_ns)
        self.least[route] = np.minimum(self.least[route], least) if route in self.least else least
        self.count[route] = self.count.get(route, 0) + len(at_ns)


def _bands(grid: Grid, reference: str, names: Sequence[str], passages: _Passages) -> dict[str, Band]:
    bands = {name: Band.unknown(grid) for name in names} | {reference: Band.reference(grid)}
    # What involves the reference first; what is known of two others then tightens both.
    routes = sorted(passages.least, key=lambda route: reference not in route)
    for source, target in routes * 2:
        bands[source], bands[target] = passed(bands[source], bands[target], passages.least[source, target])
    return bands


def _host(name: str, headers: Sequence[Header], band: Band, passages: _Passages, rough_ns: int) -> HostClock:
    processes = tuple(header.process for header in headers if header.clock == name)
    sent = sum(count for (source, _), count in passages.count.items() if source == name)
    heard = sum(count for (_, target), count in passages.count.items() if target == name)
    if not band.bounded:
        unclear = "messages have not passed both ways between it and the master's host"
    elif band.empty:
        unclear = f"what passed between them cannot be, unless they drift by more than {DRIFT_PPM} ppm"
    else:
        return HostClock(name, processes, band, band.error_ns, sent, heard)
    guess = np.full(band.grid.cells, rough_ns, np.int64)
    return HostClock(name, processes, Band(band.grid, guess, guess), UNBOUNDED // 2, sent, heard, unclear)
