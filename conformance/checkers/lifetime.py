"""FAULT-20 to FAULT-39: handshakes, departures, functions and the table fail; the others notice nothing."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.harness.oracle import Ears
from reports.history_reader import Connection
from reports.trace import ClockMoved, ConnectionsCall, Invocation, LifecycleStep

from . import evidence
from .backend_steps import running
from .broadcasting import judged_losses
from .case import Case, Checker, Judged, failed, passed, suspected, unknown
from .faults import ears_of, injected, spans, victims
from .routing import told
from .rows import judged_departures, judged_removals, removal, untold, was_there
from .unposted import failed_run

_STAYERS = "fault-life"
_CONNECTS = 3
_ROWS = 2
_TOLD = 3
"""Runs of `$disconnect`: one that came late, and two of one connection."""


def who_was_pending_hears(case: Case) -> Judged:
    """FAULT-20: of clients whose handshake was pending while somebody spoke."""
    held = case.connections("fault-held")
    if not any(
        _pending(c, message.started_ns) for c in held for message in case.messages("fault/life/pending")
    ):
        return unknown("nothing was sent while a handshake was pending")
    return _hears(case, "held", "life/held", ears_of(held), "of clients whose handshake had been pending")


def nothing_is_posted_to_who_is_connecting(case: Case) -> Judged:
    """FAULT-21: by the function that runs for this very `$connect`."""
    trace = case.history.trace
    connects = {row.connection_id: row for row in trace.of(Invocation) if row.route == "$connect"}
    early = [
        call
        for call in trace.of(ConnectionsCall)
        if call.method == "POST" and _made_by(case, call, connects.get(call.connection_id or ""))
    ]
    counts = {"connects": len(connects), "posts": len(early)}
    if early:
        first = early[0]
        reason = f"{first.function} posts to the connection that it lets in, and is answered {first.status}"
        return failed(f"in {len(early)} of {len(connects)} handshakes {reason}", (), **counts)
    if len(connects) < _CONNECTS or not trace.whole:
        return unknown("the trace shows too few handshakes, or has gaps", **counts)
    return passed(**counts)


def rows_go_without_disconnect(case: Case) -> Judged:
    """FAULT-22."""
    if not injected(case, "life/dropped"):
        return unknown("$disconnect was never held back")
    whose = "of those whose $disconnect never came"
    gone = case.connections("fault-dropped")
    return judged_departures(case, gone, case.bounds.stale_s, _ROWS, whose, by_410=True)


def disconnect_may_come_late_and_twice(case: Case) -> Judged:
    """FAULT-23."""
    if not injected(case, "life/late") or not injected(case, "life/twice"):
        return unknown("$disconnect was never late, or never came twice")
    ids = {c.connection_id for c in victims(case, "life/late", "life/twice")}
    runs = [
        row
        for row in case.history.trace.of(Invocation)
        if row.route == "$disconnect" and row.connection_id in ids
    ]
    wrong = [row for row in runs if failed_run(row)]
    counts = {"runs": len(runs), "failed": len(wrong)}
    if wrong:
        reason = f"{wrong[0].function} failed: {wrong[0].outcome} {wrong[0].detail}".rstrip()
        said = f"{len(wrong)} of {len(runs)} runs of $disconnect that came late or again: {reason}"
        excused = all(case.too_busy(case.bounds.deliver_s, run.started_ns, run.ended_ns) for run in wrong)
        return suspected(said, **counts) if excused else failed(said, (), **counts)
    if len(runs) < _TOLD:
        return unknown(f"only {len(runs)} runs of $disconnect were seen, {_TOLD} are needed", **counts)
    return passed(**counts)


def every_small_page_is_read(case: Case) -> Judged:
    """FAULT-24."""
    settled = case.ears(_STAYERS, "fault-dropped")
    return _hears(case, "pages", "life/pages", settled, "while the table was read in small pages")


def an_unwritten_row_is_no_secret(case: Case) -> Judged:
    """FAULT-25: refused, or heard all the same."""
    asked = case.connections("fault-unwritten")
    if not injected(case, "life/unwritten"):
        return unknown("no row was kept from being written")
    there = [c for c in asked if c.connect_outcome == "ok"]
    if not there:
        return passed(asked=len(asked), refused=len(asked))
    return _hears(
        case,
        "admitted",
        "life/unwritten",
        ears_of(there),
        "of clients whose row could not be written at first",
    )


def an_unread_audience_is_told(case: Case) -> Judged:
    """FAULT-26: heard, or told to the sender."""
    judged = _hears(case, "unread", "life/unread", case.ears(_STAYERS), "while reads were throttled")
    if not judged.evidence.get("lost"):
        return judged
    sent = case.messages("fault/life/unread")
    known = [m for m in sent if told(case, case.connection(m.sender), m.started_ns, case.due_ns(m))]
    return passed(**judged.evidence, told=len(known)) if len(known) == len(sent) else judged


def a_lagging_read_hides_nobody(case: Case) -> Judged:
    """FAULT-27."""
    newcomers = ears_of(case.connections("fault-lag"))
    return _hears(case, "lag", "life/lag", newcomers, "of clients that had just connected")


def the_refused_are_forgotten(case: Case) -> Judged:
    """FAULT-28: their `$connect` ran, and failed afterwards.

    The bound counts from the departures, after which somebody speaks until all rows are gone. A row that
    was never seen needs no removal.
    """
    over = [
        (span.began_ns, span.ended_ns)
        for span in spans(case, "life/refused")
        if span.injected and span.ended_ns is not None
    ]
    if not over:
        return unknown("no $connect failed after it had run")
    (began_ns, _), (_, ended_ns) = over[0], over[-1]
    refused = {
        row.connection_id: row.ended_ns
        for row in case.history.trace.of(LifecycleStep)
        if row.step == "refused" and began_ns <= row.ended_ns <= ended_ns
    }
    looks = {name: case.observations(name) for name in refused}
    known = {name: rows for name, rows in looks.items() if any(row.present for row in rows)}
    if refused and all(looks.values()) and not known:
        return passed(refused=len(refused), rows=0)
    bound_s = case.bounds.stale_s
    watched_ns = min((span.began_ns for span in spans(case, "life/dropped")), default=ended_ns)
    young_ns = int(case.bounds.connect_s * 1e9)
    removals = [
        removal(rows, name, watched_ns, bound_s, refused[name] + young_ns) for name, rows in known.items()
    ]
    return judged_removals(case, removals, bound_s, _ROWS, "of refused clients")


def a_new_environment_costs_nobody_anything(case: Case) -> Judged:
    """FAULT-29."""
    return _hears(case, "cold", "life/cold", case.ears(_STAYERS), "while execution environments were new")


def the_silent_are_forgotten_in_time(case: Case) -> Judged:
    """FAULT-30: by the table itself, since nobody speaks any more."""
    moved = [row.ended_ns for row in case.history.trace.of(ClockMoved)]
    silent = case.connections("fault-silent")
    looks = {c.number: case.observations(c.connection_id) for c in silent}
    known = [
        c
        for c in silent
        if moved and was_there(looks[c.number], moved[-1]) and looks[c.number][-1].started_ns > moved[-1]
    ]
    if not injected(case, "life/silent") or len(known) < _ROWS:
        reason = "too few rows were known of connections that ended without $disconnect"
        return unknown(untold(case) or reason)
    left = [c for c in known if looks[c.number][-1].present]
    counts = {"rows": len(known), "left": len(left)}
    if not left:
        return passed(**counts)
    expected = "it goes by its time to live"
    findings = [
        evidence.of_connection(
            case, c, f"the row of {c.label} stays for ever", expected, "it is in the table"
        )
        for c in left[: evidence.MOST_FINDINGS]
    ]
    return failed(
        f"{len(left)} of {len(known)} rows were in the table a day after the last possible moment",
        findings,
        **counts,
    )


def _hears(case: Case, part: str, fault: str, ears: Ears, whom: str) -> Judged:
    """Whether the messages of that part of the workload were heard, in spite of the fault."""
    if not injected(case, fault):
        return unknown(f"the fault {fault} was never met")
    return judged_losses(case, case.pairs(f"fault/life/{part}", ears=ears), whom, at_least=1)


def _pending(connection: Connection, at_ns: int) -> bool:
    return connection.opened_ns is not None and connection.opening_ns < at_ns < connection.opened_ns


def _made_by(case: Case, call: ConnectionsCall, connect: Invocation | None) -> bool:
    """Whether that run of `$connect` made the call, and no other run of its function can have."""
    return connect is not None and call.function == connect.function and running(case, call) == [connect]


CHECKERS: Mapping[str, Checker] = {
    "FAULT-20": who_was_pending_hears,
    "FAULT-21": nothing_is_posted_to_who_is_connecting,
    "FAULT-22": rows_go_without_disconnect,
    "FAULT-23": disconnect_may_come_late_and_twice,
    "FAULT-24": every_small_page_is_read,
    "FAULT-25": an_unwritten_row_is_no_secret,
    "FAULT-26": an_unread_audience_is_told,
    "FAULT-27": a_lagging_read_hides_nobody,
    "FAULT-28": the_refused_are_forgotten,
    "FAULT-29": a_new_environment_costs_nobody_anything,
    "FAULT-30": the_silent_are_forgotten_in_time,
}
