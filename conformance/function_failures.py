"""Functions that failed by themselves, as the local stack's trace tells: often the first thing to mend."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from reports.trace import FaultSwitched, Invocation, Trace

_FAILED = frozenset({"unhandled", "init", "exited", "function-timeout"})
_MOST = 3
_EXCERPT = 240


def failures_in_words(trace: Trace) -> tuple[str, ...]:
    """A sentence for each kind of failure that no fault of ours was in force for, the most frequent first."""
    counts = Counter((each.function, why_failed(each)) for each in _on_their_own(trace))
    told = [
        f"function {function} failed{_times(n)}: {why}" for (function, why), n in counts.most_common(_MOST)
    ]
    if len(counts) > _MOST:
        told.append(f"and functions failed in {len(counts) - _MOST} other ways")
    return tuple(f"{sentence} (see stack.log)" for sentence in told)


def _on_their_own(trace: Trace) -> Iterator[Invocation]:
    """Failed invocations that began while no rule was in force."""
    spans = _faulty_spans(trace)
    for row in trace.of(Invocation):
        met = row.faults or any(since <= row.ended_ns and row.started_ns <= until for since, until in spans)
        if row.outcome in _FAILED and not met:
            yield row


def _faulty_spans(trace: Trace) -> list[tuple[float, float]]:
    begun: dict[str, int] = {}
    spans: list[tuple[float, float]] = []
    for row in trace.of(FaultSwitched):
        if row.on:
            begun[row.rule_id] = row.started_ns
        elif row.rule_id in begun:
            spans.append((begun.pop(row.rule_id), row.ended_ns))
    return [*spans, *((since, float("inf")) for since in begun.values())]


def why_failed(row: Invocation) -> str:
    """Type and message of the error, which the trace has as a JSON list where the function gave one.

    Of a function that gave none, what it returned; or else how the invocation ended.
    """
    try:
        kind, message = _pair(json.loads(row.detail))
    except ValueError:
        return row.detail[:_EXCERPT] or row.outcome
    advice = "; packages of its own come with `sam build`" if "ImportModule" in kind else ""
    return f"{kind}: {message}"[:_EXCERPT] + advice


def _pair(told: object) -> tuple[str, str]:
    match told:
        case [str(kind), message]:
            return kind, str(message)
    raise ValueError(f"not type and message of an error: {told!r}")


def _times(n: int) -> str:
    return "" if n == 1 else f" {n} times"
