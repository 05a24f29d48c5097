"""Which invocation a call comes from: AWS SDKs send along the trace id of the invocation that they run in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from reference_app.gateway.functions.invocation import InvocationFacts

_ROOT = re.compile(r"Root=([^;]+)", re.IGNORECASE)


class RunningInvocations:
    """The invocations that are under way, by their trace (RA-13)."""

    def __init__(self) -> None:
        self._by_root: dict[str, InvocationFacts] = {}

    @contextmanager
    def under(self, trace_id: str, facts: InvocationFacts | None) -> Iterator[None]:
        """An invocation of these facts runs under this trace id for as long as the context lasts."""
        root = _root(trace_id)
        if facts is not None:
            self._by_root[root] = facts
        try:
            yield
        finally:
            self._by_root.pop(root, None)

    def caller(self, trace_id: str | None) -> InvocationFacts | None:
        """The invocation that sent this `X-Amzn-Trace-Id`; None for one that is over, or unknown."""
        return None if trace_id is None else self._by_root.get(_root(trace_id))


def _root(trace_id: str) -> str:
    found = _ROOT.search(trace_id)
    return found[1] if found else trace_id
