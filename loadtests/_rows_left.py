"""Whose rows are left after a load, from its record. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.checkers.case import Judged, failed, passed, unknown
from conformance.checkers.evidence import MOST_FINDINGS
from reports.history_reader import History
from reports.results import Finding, Outcome

_WITHOUT_TABLE = "needs the connection table: --table NAME --region REGION, or [table] in a target file"


@dataclass(frozen=True)
class _Looks:
    """Connection ids that were seen while clients were there, and after the last had gone."""

    seen: frozenset[str]
    left: frozenset[str] | None
    """None where nobody has looked then."""


def rows_left(history: History, features: frozenset[str]) -> Judged:
    """CHURN-05 of a load: at its end everybody goes, and then no row may be left.

    `features` are what the target gives access to.
    """
    if "table" not in features:
        return Judged(Outcome.SKIP, _WITHOUT_TABLE)
    looks = _looks(history)
    if not looks.seen:
        return Judged(Outcome.SKIP, "the table shows no connection ids by which rows could be told apart")
    if looks.left is None:
        return unknown("nobody looked at the table after the last client had gone", rows=len(looks.seen))
    counts = {"rows": len(looks.seen), "left": len(looks.left)}
    if not looks.left:
        return passed(**counts)
    told = sorted(looks.left)[:MOST_FINDINGS]
    if "management" not in features:
        whose = "without the management API nobody knows whose they are"
        return unknown(f"{len(looks.left)} rows are left, and {whose}", **counts)
    return failed(
        f"{len(looks.left)} rows of connections that are gone were left at the end: {', '.join(told)}",
        [_finding(connection_id) for connection_id in told],
        **counts,
    )


def stale_rows(history: History) -> Mapping[str, int]:
    """For the report: rows that were seen, and rows that were left."""
    looks = _looks(history)
    return {} if looks.left is None else {"seen": len(looks.seen | looks.left), "left": len(looks.left)}


def _looks(history: History) -> _Looks:
    over_ns = max((c.left_ns or 0 for c in history.connections), default=0)
    last = {row.connection_id: row.present for row in history.rows if row.started_ns >= over_ns}
    return _Looks(
        frozenset(row.connection_id for row in history.rows if row.started_ns < over_ns and row.present),
        frozenset(name for name, present in last.items() if present) if last else None,
    )


def _finding(connection_id: str) -> Finding:
    return Finding(
        f"the row of {connection_id} was left",
        "no row is left of a connection that is gone",
        f"{connection_id} is in the table after all have gone, and broadcasts have met it since",
    )
