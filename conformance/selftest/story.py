"""Histories written down as stories, for the vectors and the mutations.

One event a line, times in milliseconds from the start of the run:

    0 a connects stayer            connects and is let in 5 ms later
    0 a connecting joiner          starts a handshake; `7 a connected` or `7 a refused 500` ends it
    100 a sends m1 churn/main      `100 a tries m1 …` for a send whose outcome is unknown
    120 b hears m1                 `120 b hears m1 damaged` for a copy with other bytes
    130 a frame {"message": …}     the rest of the line is the text
    200 a closes                   also: aborts, stops-reading, closed-by-peer, lost; a close code may follow
    300 row a there                a look at the table; also: absent
    310 plants gone first          a stale row of that kind and position; its id is `stale0`, `stale1` …
    320 row stale0 absent
    400 lag 900                    the harness's schedule lagged by so many milliseconds
    400 lag 0 crowd 9              … and the load average was so high per core
    400 lag 0 burst 9              … and so many threads per core were runnable just then
    500 fault post/429 b           a fault of that name, about b, is in force; without a name: about all
    600 fault-over post/429 3      it is over, and so many calls have met it
    700 backend posts b 410        the trace has a post to b with that answer
    700 backend deletes b          … a delete of b's row
    700 backend succeeds b         … an invocation for b, which ended well
    700 backend fails b            … an invocation for b that failed
    700 backend starves b          … and one that failed since the table did not answer
    700 backend prints 3           … so many lines that functions printed
    700 backend welcomes b         … a post to b by the `$connect` that lets it in
    700 backend refuses b          … a run of `$connect` for b, which returns: whatever b is told, it says
    700 backend forgets b          … one more run of `$disconnect` for b; `fumbles b`: one that failed
    800 clock 93600                the stack's clock was moved by so many seconds

A connection's API Gateway id is `<name>-id`. The trace has what the other lines imply, too: connections that
begin and end, posts of what is heard, an invocation for each message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import get_args

import numpy as np

from reports.delivery_log import DeliveryLog, DeliveryRows
from reports.history import (
    CORRUPT,
    DELIVERY,
    EXACT,
    FORMAT,
    FrameReceived,
    GeneratorHealth,
    Header,
    Leaving,
    RowObserved,
    RowPlanted,
)
from reports.history_reader import Connection, FaultSpan, History, Message

from .trace_story import TraceStory

_LEAVINGS: dict[str, Leaving] = {
    "closes": "close",
    "aborts": "abort",
    "stops-reading": "half-open",
    "closed-by-peer": "peer-close",
    "lost": "peer-lost",
}
_DISCONNECTS = {"forgets": "returned", "fumbles": "unhandled"}
_INVOCATIONS = {"succeeds": "returned", "fails": "unhandled"}
_HANDSHAKE_MS = 5
_AFTER_MS = 1


def history_of(lines: str | Iterable[str]) -> History:
    """The history that the story tells. Raises ValueError with the line that it does not understand."""
    story = _Story()
    for line in lines.splitlines() if isinstance(lines, str) else lines:
        if line.strip() and not line.strip().startswith("#"):
            try:
                story.take(line)
            except (ValueError, KeyError, IndexError) as error:
                raise ValueError(f"no line of a story: {line!r}: {error!r}") from error
    return story.history()


@dataclass
class _Story:
    connections: dict[str, Connection] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    heard: list[tuple[int, int, int, int]] = field(default_factory=list)
    told: History = field(default_factory=History)
    traced: TraceStory = field(default_factory=TraceStory)
    end_ns: int = 0

    def take(self, line: str) -> None:
        at, who, *rest = line.split()
        at_ns = int(float(at) * 1e6)
        self.end_ns = max(self.end_ns, at_ns)
        if who == "row":
            self._row(at_ns, *rest)
        elif who == "fault":
            where = {"connection": f"{rest[1]}-id"} if len(rest) > 1 else {}
            self.told.faults.append(FaultSpan(f"fault-{at}", rest[0], {"where": where}, at_ns))
        elif who == "fault-over":
            span = next(span for span in self.told.faults if span.name == rest[0])
            span.ended_ns, span.injected = at_ns, int(rest[1])
        elif who == "backend":
            self._backend(at_ns, *rest)
        elif who == "clock":
            self.traced.clock_moved(at_ns, float(rest[0]))
        elif who == "plants":
            name = f"stale{len(self.told.planted)}-id"
            self.told.planted.append(RowPlanted(at_ns, name, rest[0], rest[1]))  # type: ignore[arg-type]
        elif who == "lag":
            busy = dict(zip(rest[1::2], map(float, rest[2::2]), strict=True))
            self.told.health.append(
                GeneratorHealth(
                    at_ns,
                    int(float(rest[0]) * 1e6),
                    cpu=0.1,
                    load_per_core=busy.get("crowd", 0.0),
                    runnable_per_core=busy.get("burst", 0.0),
                )
            )
        else:
            self._act(at_ns, who, rest[0], line.split(maxsplit=3)[3] if len(rest) > 1 else "")

    def _backend(self, at_ns: int, verb: str, whom: str, status: str = "200") -> None:
        if verb == "posts":
            self.traced.posts(f"{whom}-id", at_ns, int(status))
        elif verb == "deletes":
            self.traced.deletes(f"{whom}-id", at_ns)
        elif verb == "prints":
            self.traced.printed(int(whom), at_ns)
        elif verb == "welcomes":
            self.traced.welcomed(f"{whom}-id", at_ns)
        elif verb == "refuses":
            self.traced.runs("$connect", f"{whom}-id", at_ns, at_ns)
        elif verb == "starves":
            self.traced.starves(f"{whom}-id", at_ns)
        elif verb in _DISCONNECTS:
            self.traced.runs("$disconnect", f"{whom}-id", at_ns, at_ns, _DISCONNECTS[verb])
        else:
            self.traced.invoked(f"{whom}-id", at_ns, _INVOCATIONS[verb])

    def _act(self, at_ns: int, who: str, verb: str, rest: str) -> None:
        verbs: dict[str, Callable[[int, str, str], None]] = {
            "connecting": self._connecting,
            "connects": self._connects,
            "connected": self._connected,
            "refused": self._refused,
            "sends": self._sends,
            "tries": self._tries,
            "hears": self._hears,
            "frame": self._frame,
        }
        if verb in _LEAVINGS:
            self._leaves(at_ns, self.connections[who], _LEAVINGS[verb], int(rest) if rest else None)
        else:
            verbs[verb](at_ns, who, rest)

    def _leaves(self, at_ns: int, connection: Connection, how: Leaving, code: int | None) -> None:
        if connection.leaving_ns is None or at_ns < connection.leaving_ns:
            connection.leaving_ns, connection.how, connection.code = at_ns, how, code
            connection.left_ns = at_ns + int(_AFTER_MS * 1e6)
            self.traced.ended(connection.connection_id or "", at_ns)

    def _connecting(self, at_ns: int, who: str, group: str) -> None:
        number = len(self.connections)
        self.connections[who] = Connection(number, who, group, at_ns, connection_id=f"{who}-id")

    def _connects(self, at_ns: int, who: str, group: str) -> None:
        self._connecting(at_ns, who, group)
        self._connected(at_ns + int(_HANDSHAKE_MS * 1e6), who, "")

    def _connected(self, at_ns: int, who: str, _rest: str) -> None:
        connection = self.connections[who]
        connection.opened_ns, connection.connect_outcome, connection.status = at_ns, "ok", 101
        self.traced.established(f"{who}-id", at_ns)

    def _refused(self, at_ns: int, who: str, status: str) -> None:
        self.connections[who].connect_outcome = "failed"
        self.connections[who].status = int(status)
        self.traced.refused(f"{who}-id", at_ns)

    def _sends(self, at_ns: int, who: str, rest: str) -> None:
        name, group = rest.split()
        sender = self.connections[who].number
        self.messages[name] = Message(
            len(self.messages), sender, at_ns, at_ns, group, len(name), name, outcome="ok"
        )
        self.traced.invoked(f"{who}-id", at_ns)

    def _tries(self, at_ns: int, who: str, rest: str) -> None:
        self._sends(at_ns, who, rest)
        self.messages[rest.split()[0]].outcome = "unknown"

    def _hears(self, at_ns: int, who: str, rest: str) -> None:
        name, *damage = rest.split()
        message, connection = self.messages[name].id, self.connections[who].number
        self.heard.append((at_ns, message, connection, CORRUPT if damage else EXACT))
        in_force = (span for span in self.told.faults if span.ended_ns is None)
        met = tuple(span.rule_id for span in in_force if span.connection_id in (None, f"{who}-id"))
        self.traced.heard(f"{who}-id", at_ns, met)
        if damage:
            self.told.frames.append(FrameReceived(at_ns, connection, 3, "???", corrupt_of=message))

    def _frame(self, at_ns: int, who: str, text: str) -> None:
        self.told.frames.append(FrameReceived(at_ns, self.connections[who].number, len(text), text))

    def _row(self, at_ns: int, who: str, state: str) -> None:
        present = {"there": True, "absent": False}[state]
        self.told.rows.append(RowObserved(at_ns - 1_000_000, at_ns, f"{who}-id", present))

    def history(self) -> History:
        self.told.headers.append(Header(FORMAT, 0, "story", 0, "2026-01-01T00:00:00+00:00"))
        self.told.connections = list(self.connections.values())
        self.told.messages = sorted(self.messages.values(), key=lambda message: message.started_ns)
        self.told.deliveries = DeliveryLog([DeliveryRows(np.array(sorted(self.heard), DELIVERY))])
        self.told.rows.sort(key=lambda row: row.at_ns)
        self.told.trace = self.traced.trace
        self.told.end_ns = self.end_ns
        return self.told


assert set(_LEAVINGS.values()) == set(get_args(Leaving))
