"""What the record says of faults that the local stack provoked: when, for whom, how often."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.harness.oracle import Ears
from reports.history_reader import Connection, FaultSpan

from .case import Case


def spans(case: Case, name: str) -> list[FaultSpan]:
    """The faults of that name, in the order in which they began."""
    return [span for span in case.history.faults if span.name == name]


def injected(case: Case, *names: str) -> int:
    """How often any call met one of these faults; what was never injected proves nothing."""
    return sum(span.injected for name in names for span in spans(case, name))


def victims(case: Case, *names: str) -> list[Connection]:
    """The connections that faults of these names were about."""
    ids = {span.connection_id for name in names for span in spans(case, name)}
    return [c for c in case.history.connections if c.connection_id is not None and c.connection_id in ids]


def ears_of(connections: Iterable[Connection]) -> Ears:
    """The hearing of these connections."""
    return Ears(frozenset(connection.number for connection in connections))
