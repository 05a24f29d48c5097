"""What the trace says of a loss on a busy machine.

Nothing excuses it where the function ended well, and no post of it had got through; anything does where
the function did not get what it needed from the machine.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence

from reports.history_reader import Message
from reports.trace import ConnectionsCall, Invocation, TableCall

from .backend_steps import function_posts
from .case import Case

_ERROR = 400
_SLOW_NS = 500_000_000
"""Of a call that takes the stack some milliseconds."""
_OUT_OF_TIME = ("function-timeout", "integration-timeout")


class Unposted:
    """Knows of every message to whom certainly no post of it got through."""

    def __init__(self, case: Case) -> None:
        self._case = case
        trace = case.history.trace
        posts = function_posts(case)
        self._slow = _kept_waiting(posts)
        posting = {call.function for call in posts}
        runs = trace.of(Invocation) if trace.whole else []
        # Where any of them runs for a function or an event source, the sender's runs do not tell who posts.
        handed_on = any(run.cause and run.function in posting for run in runs)
        self._posts: dict[str | None, list[int]] = {}
        for call in (call for call in posts if call.carried_out):
            self._posts.setdefault(call.connection_id, []).append(call.started_ns)
        self._runs: dict[str, list[Invocation]] = {}
        for run in () if handed_on else runs:
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
        late = any(failed_run(run) or run.ended_ns > due_ns or _waited(run, self._slow) for run in runs)
        if receiver is None or not runs or late:
            return False
        posts = self._posts.get(receiver, [])
        return not any(run.started_ns <= at_ns <= run.ended_ns for run in runs for at_ns in posts)


class Starved:
    """Knows of every message whether a function that it was for lacked time."""

    def __init__(self, case: Case) -> None:
        self._case = case
        trace = case.history.trace
        slow_reads = _kept_waiting(trace.of(TableCall))
        slow_posts = _kept_waiting(function_posts(case))
        self._runs: dict[str, list[Invocation]] = {}
        for run in trace.of(Invocation):
            failed_read = run.outcome != "returned" and _waited(run, slow_reads)
            if run.outcome in _OUT_OF_TIME or failed_read or _waited(run, slow_posts):
                self._runs.setdefault(run.connection_id, []).append(run)

    def of(self, message: Message) -> bool:
        """Whether its time ran out, or it had to wait for a post, or for the table until it failed.

        A run for nobody in particular, as an event source's, may have been for any message. Who gives a post
        up goes on with the others, and ends well.
        """
        sender = self._case.connection(message.sender).connection_id or ""
        due_ns = self._case.due_ns(message)
        runs = [*self._runs.get(sender, []), *(self._runs.get("", []) if sender else [])]
        return any(message.started_ns <= run.started_ns <= due_ns for run in runs)


def _kept_waiting(calls: Iterable[TableCall | ConnectionsCall]) -> Mapping[str | None, Sequence[int]]:
    """By function, when calls began that were answered late or not at all, and no fault made them so."""
    slow: dict[str | None, list[int]] = {}
    for call in calls:
        if not call.faults and (call.status is None or call.ended_ns - call.started_ns > _SLOW_NS):
            slow.setdefault(call.function, []).append(call.started_ns)
    return {function: sorted(begun_ns) for function, begun_ns in slow.items()}


def _waited(run: Invocation, slow: Mapping[str | None, Sequence[int]]) -> bool:
    begun_ns = slow.get(run.function, ())
    return bisect_right(begun_ns, run.ended_ns) > bisect_left(begun_ns, run.started_ns)


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
