"""What the trace says of a loss on a busy machine.

Nothing excuses it where the function ended well, and no post of it had got through; anything does where
the function did not get what it needed from the machine.
"""

from __future__ import annotations

import json

from reports.history_reader import Message
from reports.trace import ConnectionsCall, Invocation, TableCall

from .case import Case

_ERROR = 400
_SLOW_NS = 500_000_000
"""Of a call that takes DynamoDB some milliseconds."""


class Unposted:
    """Knows of every message to whom certainly no post of it got through."""

    def __init__(self, case: Case) -> None:
        self._case = case
        trace = case.history.trace
        posts = [c for c in trace.of(ConnectionsCall) if c.method == "POST" and c.function is not None]
        posting = {call.function for call in posts}
        self._posts: dict[str | None, list[int]] = {}
        for call in (call for call in posts if call.carried_out):
            self._posts.setdefault(call.connection_id, []).append(call.started_ns)
        self._runs: dict[str, list[Invocation]] = {}
        for run in trace.of(Invocation) if trace.whole else ():
            if run.function in posting:
                self._runs.setdefault(run.connection_id, []).append(run)

    def to(self, message: Message, connection: int) -> bool:
        """Whether a function that posts ended well and in time, and got nothing through to the connection.

        Neither this message nor any other: which of them a post carried, the trace does not tell.
        """
        sender = self._case.connection(message.sender).connection_id or ""
        receiver = self._case.connection(connection).connection_id
        due_ns = self._case.due_ns(message)
        runs = [r for r in self._runs.get(sender, []) if message.started_ns <= r.started_ns <= due_ns]
        if receiver is None or not runs or any(failed_run(r) or r.ended_ns > due_ns for r in runs):
            return False
        posts = self._posts.get(receiver, [])
        return not any(run.started_ns <= at_ns <= run.ended_ns for run in runs for at_ns in posts)


class Starved:
    """Knows of every message whether a function that it was for failed for want of time."""

    def __init__(self, case: Case) -> None:
        self._case = case
        trace = case.history.trace
        # The table kept the function waiting, perhaps until it gave up, and no fault made it do so.
        slow = [
            call
            for call in trace.of(TableCall)
            if not call.faults and (call.status is None or call.ended_ns - call.started_ns > _SLOW_NS)
        ]
        self._runs: dict[str, list[Invocation]] = {}
        for run in (run for run in trace.of(Invocation) if run.outcome != "returned"):
            if run.outcome == "function-timeout" or any(_during(call, run) for call in slow):
                self._runs.setdefault(run.connection_id, []).append(run)

    def of(self, message: Message) -> bool:
        """Whether its own time ran out, or it failed when the stack's table answered late or not at all."""
        sender = self._case.connection(message.sender).connection_id or ""
        due_ns = self._case.due_ns(message)
        return any(message.started_ns <= run.started_ns <= due_ns for run in self._runs.get(sender, []))


def _during(call: TableCall, run: Invocation) -> bool:
    return call.function == run.function and run.started_ns <= call.started_ns <= run.ended_ns


def invocations(case: Case, message: Message) -> list[Invocation]:
    """Those that the message may have caused: for its sender, begun before it was due."""
    sender = case.connection(message.sender).connection_id
    return [
        row
        for row in case.history.trace.of(Invocation)
        if row.connection_id == sender and message.started_ns <= row.started_ns <= case.due_ns(message)
    ]


def failed_run(run: Invocation) -> bool:
    """Whether the function failed, or its result says so."""
    if run.outcome != "returned":
        return True
    try:
        result = json.loads(run.detail)
    except ValueError:
        return False  # the beginning of a long result
    status = result.get("statusCode") if isinstance(result, dict) else None
    return isinstance(status, int) and status >= _ERROR
