"""STALE: rows of connections that are gone hurt nobody, and go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from conformance.harness.oracle import Ears
from reports.history_reader import Message

from . import evidence
from .broadcasting import BusyMachine, judged_lateness, judged_losses
from .case import Case, Checker, Judged, failed, passed, suspected, unknown
from .routing import gateway_error
from .rows import judged_live, judged_removals, removal, young_until_ns

_POSITIONS = {"first", "middle", "last"}
_LIVE = 3
_MANY = 10


def a_stale_row_disturbs_nobody(case: Case) -> Judged:
    """STALE-01: losses of clients that still have their row; who lost it is STALE-03's."""
    positions = {planted.position for planted in case.history.planted if planted.kind == "gone"}
    judged = judged_losses(case, case.pairs("stale/plain", ears=_with_row(case)), "of live clients")
    if judged.evidence.get("lost") == 0 and not positions >= _POSITIONS:
        return unknown(
            f"stale rows stood {', '.join(sorted(positions)) or 'nowhere'}, not first, middle and last"
        )
    return judged


def a_stale_row_is_removed(case: Case) -> Judged:
    """STALE-02."""
    bound_s, young = case.bounds.stale_s, young_until_ns(case)
    gone = ((row.connection_id, row.at_ns) for row in case.history.planted if row.kind == "gone")
    removals = [
        removal(case.observations(name), name, at_ns, bound_s, young.get(name, 0)) for name, at_ns in gone
    ]
    return judged_removals(case, removals, bound_s, len(_POSITIONS), "of gone connections")


def no_live_row_is_removed(case: Case) -> Judged:
    """STALE-03."""
    if not case.history.planted:
        return unknown("no stale row was planted")
    return judged_live(case, case.connections("stale-live"), _LIVE)


def many_stale_rows_delay_nobody(case: Case) -> Judged:
    """STALE-04."""
    planted = sum(planted.kind == "many" for planted in case.history.planted)
    judgement = case.pairs("stale/many", ears=_with_row(case))
    counts = {"planted": planted, "owed": judgement.counts.owed}
    if planted < _MANY:
        return unknown(f"only {planted} stale rows stood in the table, {_MANY} are needed", **counts)
    lateness = judged_lateness(case, judgement)
    if len(judgement.late):
        return replace(lateness, evidence={**lateness.evidence, **counts})
    return judged_losses(case, judgement, "among many stale rows", at_least=1)


def a_malformed_row_disturbs_nobody(case: Case) -> Judged:
    """STALE-05."""
    if not any(planted.kind == "malformed" for planted in case.history.planted):
        return unknown("no malformed row was planted")
    judgement = case.pairs("stale/malformed", ears=_with_row(case))
    return judged_losses(case, judgement, "of live clients", at_least=1)


def every_page_is_read(case: Case) -> Judged:
    """STALE-06."""
    padded = sum(planted.kind == "padded" for planted in case.history.planted)
    if not padded:
        return unknown("the table could not be made larger than one page")
    judgement = case.pairs("stale/pages", ears=_with_row(case))
    return judged_losses(case, judgement, "of live clients", at_least=1)


def nobody_is_blamed_for_a_stale_row(case: Case) -> Judged:
    """STALE-07."""
    sent = case.messages("stale/plain", "stale/many")
    blamed = [message for message in sent if _error_for(case, message)]
    counts = {"broadcasts": len(sent), "answered_with_error": len(blamed)}
    if blamed:
        said = f"{len(blamed)} of {len(sent)} senders were answered: {_error_for(case, blamed[0])}"
        excused = all(map(BusyMachine(case).during, blamed))
        return suspected(said, **counts) if excused else failed(said, (), **counts)
    if len(sent) < len(_POSITIONS):
        return unknown(f"only {len(sent)} broadcasts met stale rows", **counts)
    return passed(**counts)


def _error_for(case: Case, message: Message) -> str:
    """The gateway's error frame that answers the message: one that came before its sender spoke again."""
    until_ns = min(
        (m.started_ns for m in case.history.messages if _follows(m, message)),
        default=case.due_ns(message),
    )
    frames = case.frames(case.connection(message.sender), message.started_ns, until_ns)
    return next((evidence.excerpt(frame.text) for frame in frames if gateway_error(frame.text)), "")


def _follows(later: Message, message: Message) -> bool:
    return later.sender == message.sender and later.started_ns > message.started_ns


def _with_row(case: Case) -> Ears:
    """The hearing of the live clients that were not seen without their row at last."""
    last = {row.connection_id: row.present for row in case.history.rows}
    live = case.connections("stale-live")
    return Ears(frozenset(c.number for c in live if last.get(c.connection_id or "") is not False))


CHECKERS: Mapping[str, Checker] = {
    "STALE-01": a_stale_row_disturbs_nobody,
    "STALE-02": a_stale_row_is_removed,
    "STALE-03": no_live_row_is_removed,
    "STALE-04": many_stale_rows_delay_nobody,
    "STALE-05": a_malformed_row_disturbs_nobody,
    "STALE-06": every_page_is_read,
    "STALE-07": nobody_is_blamed_for_a_stale_row,
}
