"""What the observations of the connection table say of a row. A read counts from its beginning or its
end, whichever is the weaker claim."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reports.history import RowObserved
from reports.history_reader import Connection
from reports.trace import ConnectionsCall, Invocation, TableCall

from . import evidence
from .backend_steps import ids_to_delete, running
from .case import Case, Judged, failed, passed, suspected, unknown
from .unposted import failed_run

_GONE = 410
_NO_IDS = (
    "no connection id is known, so that no row could be looked for: the answer to an unknown action tells "
    "one (RT-20), or an attribute of the table that holds it; [table] key in a target file names that one"
)
_NO_ROWS = (
    "no row holds a connection id, so rows cannot be told apart: it has to stand in an attribute, a set, a "
    "list or a map, or within a key of the table or of an index, as in CONN#<id>"
)


@dataclass(frozen=True)
class Removal:
    """Whether a row that had to go did: `gone`, `stays`, or `unseen` (not watched long enough)."""

    connection_id: str
    state: str
    since_ns: int
    """From when the row had its time to go."""
    was_young: bool
    """That began only when `$connect` could no longer be running."""


def removal(
    rows: Sequence[RowObserved], connection_id: str, since_ns: int, bound_s: float, young_until_ns: int
) -> Removal:
    """Judge the removal of a row that had to be gone `bound_s` after `since_ns`, or after it was young."""
    begun_ns = max(since_ns, young_until_ns)
    deadline_ns = begun_ns + int(bound_s * 1e9)
    after = [row for row in rows if row.at_ns >= since_ns]
    # Present in a read that began after the deadline: proven. Anything else was not watched long enough.
    if any(not row.present and row.at_ns <= deadline_ns for row in after):
        state = "gone"
    elif any(row.present and row.started_ns >= deadline_ns for row in after):
        state = "stays"
    else:
        state = "unseen"
    return Removal(connection_id, state, begun_ns, begun_ns > since_ns)


def young_until_ns(case: Case) -> Mapping[str, int]:
    """By connection id, until when a 410 may mean that its `$connect` is running (RC-1, RC-3)."""
    young_ns = int(case.bounds.connect_s * 1e9)
    return {c.connection_id or "": (c.opened_ns or c.opening_ns) + young_ns for c in case.history.connections}


def untold(case: Case) -> str:
    """Why the rows of this run's connections are not known; empty where any was seen."""
    if not case.history.rows:
        return _NO_IDS
    return "" if any(row.present for row in case.history.rows) else _NO_ROWS


def gone_ns(connection: Connection) -> int:
    """When the connection was certainly over; 0, before anything was seen, while it is not."""
    return connection.left_ns or connection.leaving_ns or 0


def was_there(rows: Iterable[RowObserved], before_ns: int) -> bool:
    """Whether the row was seen in the table before that time."""
    return any(row.present and row.at_ns <= before_ns for row in rows)


def judged_removals(
    case: Case, removals: Sequence[Removal], bound_s: float, floor: int, whose: str
) -> Judged:
    """All must be gone; `floor` of them at least must have been watched."""
    by_state = {state: [r for r in removals if r.state == state] for state in ("gone", "stays", "unseen")}
    counts = {"watched": len(removals) - len(by_state["unseen"]), **{s: len(r) for s, r in by_state.items()}}
    wrong = by_state["stays"]
    proven = [
        r
        for r in wrong
        if not case.too_busy(bound_s, r.since_ns, r.since_ns + int(bound_s * 1e9)) or _kept(case, r, bound_s)
    ]
    if wrong and not proven:
        return suspected(f"{len(wrong)} rows were late", **counts)
    if proven:
        ids = {r.connection_id for r in proven}
        concerned = [c for c in case.history.connections if c.connection_id in ids]
        return failed(
            f"{len(proven)} of {counts['watched']} rows {whose} were still in the table after {bound_s:g} s"
            + (_beyond_youth(case) if any(r.was_young for r in proven) else ""),
            [
                evidence.of_connection(
                    case,
                    c,
                    f"the row of {c.label} stays",
                    f"the row is gone {bound_s:g} s later",
                    "it is still in the table",
                )
                for c in concerned[: evidence.MOST_FINDINGS]
            ],
            **counts,
        )
    if counts["watched"] < floor:
        reason = f"only {counts['watched']} rows {whose} could be watched, {floor} are needed"
        return unknown(untold(case) or reason, **counts)
    return passed(**counts)


def _beyond_youth(case: Case) -> str:
    return (
        f", not counting the {case.bounds.connect_s:g} s for which $connect may run ([bounds] connect_s): "
        "until then a 410 does not prove a row stale"
    )


def _kept(case: Case, row: Removal, bound_s: float) -> bool:
    """Whether the trace proves that a row stays, however busy the machine: nobody tries to delete it.

    Functions that end well are told twice that the connection is gone (MG-13), a bound apart at least.
    """
    trace = case.history.trace
    since = (call for call in trace.of(TableCall) if call.started_ns >= row.since_ns)
    if not trace.whole or any(ids_to_delete(call, [row.connection_id]) for call in since):
        return False
    told = [
        call.ended_ns
        for call in trace.of(ConnectionsCall)
        if call.method == "POST" and call.connection_id == row.connection_id and call.status == _GONE
        if call.started_ns >= row.since_ns and _ended_well(running(case, call))
    ]
    return bool(told) and max(told) - min(told) >= bound_s * 1e9


def _ended_well(runs: Sequence[Invocation]) -> bool:
    return bool(runs) and not any(failed_run(run) for run in runs)


def judged_departures(
    case: Case,
    left: Sequence[Connection],
    bound_s: float,
    floor: int,
    whose: str,
    *,
    by_410: bool = False,
) -> Judged:
    """Whether the rows of those who left were gone so long after; `floor` of them must have been watched.

    `by_410`: the backend may have learned of it by nothing else, and spare a row while it is young.
    """
    young = young_until_ns(case) if by_410 else {}
    looks = {c.connection_id or "": (gone_ns(c), case.observations(c.connection_id)) for c in left}
    removals = [
        removal(rows, name, at_ns, bound_s, young.get(name, 0))
        for name, (at_ns, rows) in looks.items()
        if was_there(rows, at_ns)
    ]
    return judged_removals(case, removals, bound_s, floor, whose)


def judged_live(case: Case, live: Sequence[Connection], floor: int) -> Judged:
    """Every one of `live` still has its row in the last look."""
    if reason := untold(case):
        return unknown(reason)
    looked = [c for c in live if case.observations(c.connection_id)]
    missing = [c for c in looked if lost_row(case, c)]
    counts = {"live": len(looked), "missing": len(missing)}
    if missing:
        return failed(
            f"{len(missing)} of {len(looked)} live connections have lost their row",
            [
                evidence.of_connection(
                    case,
                    c,
                    f"the row of {c.label} is gone, and {c.label} is connected",
                    "the row of a live connection stays",
                    "a consistent read did not find it",
                )
                for c in missing[: evidence.MOST_FINDINGS]
            ],
            **counts,
        )
    if len(looked) < floor:
        return unknown(f"only {len(looked)} live rows could be looked at, {floor} are needed", **counts)
    return passed(**counts)


def lost_row(case: Case, connection: Connection) -> bool:
    """Whether the last look did not find its row while it was connected, which no busy machine excuses."""
    last = case.observations(connection.connection_id)[-1:]
    return (
        not untold(case)
        and any(not row.present for row in last)
        and (connection.leaving_ns is None or connection.leaving_ns > last[0].at_ns)
    )
