"""What the stack would have traced of a story: what its lines imply, and what they say of the backend."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TypedDict

from reports.trace import (
    ClockMoved,
    ConnectionsCall,
    FunctionOutput,
    Invocation,
    LifecycleStep,
    TableCall,
    Trace,
)

_MS = 1_000_000
_POST_NS = 14 * _MS
_INVOCATION_NS = 500 * _MS
_ERROR = 400
_FUNCTION = "SendMessage"
_FUNCTIONS = {"$connect": "Connect", "$disconnect": "Disconnect", "sendmessage": _FUNCTION}


class _Times(TypedDict):
    """What every row has."""

    seq: int
    started_ns: int
    ended_ns: int
    epoch_ms: int


@dataclass
class TraceStory:
    """Rows in the order in which they are told."""

    trace: Trace = field(default_factory=Trace)

    def established(self, connection_id: str, at_ns: int) -> None:
        """`$connect` has let the client in."""
        self.runs("$connect", connection_id, at_ns - 4 * _MS, at_ns - 2 * _MS)
        self._step("established", connection_id, at_ns - _MS)

    def refused(self, connection_id: str, at_ns: int) -> None:
        self._step("refused", connection_id, at_ns)

    def ended(self, connection_id: str, at_ns: int) -> None:
        """The connection has ended, and `$disconnect` deletes its row."""
        self._step("ended", connection_id, at_ns + _MS)
        self.deletes(connection_id, at_ns + 2 * _MS)
        self.runs("$disconnect", connection_id, at_ns + _MS, at_ns + 3 * _MS)

    def welcomed(self, connection_id: str, at_ns: int) -> None:
        """`$connect` posts to the connection whose handshake begins now."""
        self._post(connection_id, at_ns + 2 * _MS, at_ns + 3 * _MS, 410, _FUNCTIONS["$connect"])

    def clock_moved(self, at_ns: int, seconds: float) -> None:
        self.trace.rows.append(ClockMoved(**self._times(at_ns, at_ns), seconds=seconds))

    def heard(self, connection_id: str, at_ns: int, faults: tuple[str, ...] = ()) -> None:
        """Somebody heard something: it was posted a little earlier, and met these faults."""
        self._post(connection_id, at_ns - _MS - _POST_NS, at_ns - _MS, 200, faults=faults)

    def posts(self, connection_id: str, at_ns: int, status: int) -> None:
        self._post(connection_id, at_ns, at_ns + _POST_NS, status)

    def invoked(self, connection_id: str, at_ns: int, outcome: str = "returned") -> None:
        """A message was handled."""
        self.runs("sendmessage", connection_id, at_ns, at_ns + _INVOCATION_NS, outcome)

    def runs(
        self, route: str, connection_id: str, started_ns: int, ended_ns: int, outcome: str = "returned"
    ) -> None:
        detail = json.dumps({"statusCode": 200} if outcome == "returned" else ["KeyError", "room"])
        self.trace.rows.append(
            Invocation(
                **self._times(started_ns, ended_ns),
                function=_FUNCTIONS[route],
                route=route,
                connection_id=connection_id,
                request_id=f"r{started_ns}",
                outcome=outcome,
                detail=detail,
            )
        )

    def printed(self, lines: int, at_ns: int) -> None:
        for _ in range(lines):
            self.trace.rows.append(FunctionOutput(**self._times(at_ns, at_ns), function=_FUNCTION))

    def deletes(self, connection_id: str, at_ns: int) -> None:
        request = json.dumps({"TableName": "t", "Key": {"connectionId": {"S": connection_id}}})
        self.trace.rows.append(
            TableCall(
                **self._times(at_ns, at_ns + _MS),
                operation="DeleteItem",
                table="t",
                function=_FUNCTION,
                request=request,
                status=200,
            )
        )

    def starves(self, connection_id: str, at_ns: int) -> None:
        """An invocation reads the table until it gives up, and fails."""
        self.trace.rows.append(
            TableCall(
                **self._times(at_ns, at_ns + _INVOCATION_NS),
                operation="Scan",
                table="t",
                function=_FUNCTION,
                status=None,
            )
        )
        self.invoked(connection_id, at_ns, "unhandled")

    def _post(
        self,
        connection_id: str,
        started_ns: int,
        ended_ns: int,
        status: int,
        function: str = _FUNCTION,
        faults: tuple[str, ...] = (),
    ) -> None:
        self.trace.rows.append(
            ConnectionsCall(
                **self._times(started_ns, ended_ns),
                method="POST",
                connection_id=connection_id,
                function=function,
                status=status,
                carried_out=status < _ERROR,
                faults=faults,
            )
        )

    def _step(self, step: str, connection_id: str, at_ns: int) -> None:
        self.trace.rows.append(
            LifecycleStep(**self._times(at_ns, at_ns), step=step, connection_id=connection_id)
        )

    def _times(self, started_ns: int, ended_ns: int) -> _Times:
        return _Times(
            seq=len(self.trace.rows) + 1,
            started_ns=started_ns,
            ended_ns=ended_ns,
            epoch_ms=ended_ns // _MS,
        )
