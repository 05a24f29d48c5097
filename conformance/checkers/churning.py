"""CHURN: all of it again while connections come and go, and what damage lasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from conformance.harness.oracle import Judgement, Pairs
from reports.history_reader import Connection
from reports.proportion import Proportion, proportion
from reports.results import Finding, Outcome

from . import evidence
from .broadcasting import (
    BusyMachine,
    judged_damage,
    judged_duplicates,
    judged_lateness,
    judged_losses,
    only,
    stayed_long,
)
from .case import Case, Checker, Judged, failed, left_by_peer, passed, suspected, unknown
from .connecting import judged_handshakes
from .routing import gateway_error
from .rows import judged_live, lost_row, untold

_STAYERS = ("stayer",)
_JOINERS = ("joiner",)
_BURST = ("burst",)
_KEPT = (
    *_JOINERS,
    *_BURST,
    "founder",
    "newcomer",
    "stale-live",
    "leave-stayer",
    "returner",
    "interleaver",
)
"""Whom nobody else disturbs: until they leave of their own accord, they stay."""
_CHURNED = 3
_TRIALS = 5
"""Of a race: fewer clients tell too little of how often it is lost."""
_FINAL = 2


def who_stays_hears_everything(case: Case) -> Judged:
    """CHURN-01."""
    judgement = case.pairs("churn/main", ears=case.ears(*_STAYERS))
    return _under_churn(case, judged_losses(case, judgement, "of those who stayed"))


def at_most_once_under_churn(case: Case) -> Judged:
    """CHURN-02."""
    return _under_churn(case, judged_duplicates(case, case.pairs("churn/")))


def byte_for_byte_under_churn(case: Case) -> Judged:
    """CHURN-03."""
    return _under_churn(case, judged_damage(case, case.pairs("churn/")))


def who_joined_is_not_deaf(case: Case) -> Judged:
    """CHURN-04: joined while broadcasts ran, still connected, and hears none of the final ones."""
    judged = _under_churn(case, _not_deaf(case, _JOINERS, "that connected while broadcasts ran", _TRIALS))
    rate = ghosts(case)
    race = {
        "met_a_broadcast": _met_a_broadcast(case),
        "deaf_rate_95": (round(rate.low, 3), round(rate.high, 3)),
    }
    return replace(judged, evidence={**judged.evidence, **race})


def ghosts(case: Case) -> Proportion:
    """How many of those who joined while broadcasts ran are deaf: the ghost race (RC-1 to RC-3) lost."""
    judgement = case.pairs("churn/final", ears=case.ears(*_JOINERS))
    return proportion(len(judgement.deaf(at_least=_FINAL)), len(_asked(judgement)))


def no_row_is_left(case: Case) -> Judged:
    """CHURN-05: the last look at the table, after the final broadcasts and before anybody else comes."""
    since_ns = _final_ns(case)
    if since_ns is None:
        return unknown("no broadcast was sent after the churn")
    opened = (c.opening_ns for c in case.history.connections if c.opening_ns > since_ns)
    until_ns = min(opened, default=case.history.end_ns)
    looks = [row for row in case.history.rows if since_ns <= row.started_ns <= until_ns]
    live = {c.connection_id for c in case.history.connections if _open_at_final(case, c)}
    left = sorted({row.connection_id for row in looks if row.present} - live)
    _, went = _came_and_went(case)
    counts = {"went": went, "live_rows": sum(row.connection_id in live for row in looks), "left": len(left)}
    # Broadcasts went on while the churn healed: whoever had a bound in peace had time for every row.
    if left and case.too_busy(case.bounds.stale_s, since_ns - int(case.bounds.stale_s * 1e9), until_ns):
        return suspected(f"{len(left)} rows were left", **counts)
    if left:
        told = left[: evidence.MOST_FINDINGS]
        return failed(
            f"{len(left)} rows of connections that are gone were left at the end: {', '.join(told)}",
            [_left_over(case, connection_id) for connection_id in told],
            **counts,
        )
    if went < _CHURNED or not counts["live_rows"]:
        reason = f"{went} went, and {counts['live_rows']} live rows were seen in the table"
        return unknown(untold(case) or reason, **counts)
    return passed(**counts)


def every_live_row_is_there(case: Case) -> Judged:
    """CHURN-06."""
    live = [c for c in case.connections(*_STAYERS, *_JOINERS, *_BURST) if _open_at_final(case, c)]
    return _under_churn(case, judged_live(case, live, _CHURNED))


def who_came_at_once_is_not_deaf(case: Case) -> Judged:
    """CHURN-07."""
    return _not_deaf(case, _BURST, "that connected at the same moment", _CHURNED)


def who_joined_hears_everything(case: Case) -> Judged:
    """CHURN-08: what is lost where any are deaf, CHURN-04 explains."""
    judgement = case.pairs("churn/main", "churn/final", ears=case.ears(*_JOINERS))
    whom = "of clients that had connected while broadcasts ran"
    return _under_churn(case, judged_losses(case, judgement, whom))


def everybody_is_let_in_under_churn(case: Case) -> Judged:
    """CHURN-09."""
    return judged_handshakes(case, case.connections(*_JOINERS, *_BURST))


def nobody_who_stays_is_closed(case: Case) -> Judged:
    """CHURN-10."""
    stayers = case.connections(*_STAYERS, *_KEPT)
    messages = case.messages("churn/")
    if not messages:
        return unknown("no broadcast was sent under churn")
    closed = [c for c in stayers if left_by_peer(c, messages[-1].started_ns)]
    counts = {"stayers": len(stayers), "closed": len(closed)}
    if closed:
        return failed(
            f"{len(closed)} of {len(stayers)} connections that stayed were closed by the other side",
            [
                evidence.of_connection(
                    case,
                    c,
                    f"{c.label} was closed",
                    "a connection that its client keeps stays open",
                    f"close code {c.code}, reason {c.reason!r}",
                )
                for c in closed[: evidence.MOST_FINDINGS]
            ],
            **counts,
        )
    if len(case.connections(*_STAYERS)) < _FINAL:
        return unknown(f"only {len(case.connections(*_STAYERS))} connections stayed", **counts)
    return passed(**counts)


def nobody_is_blamed_for_churn(case: Case) -> Judged:
    """CHURN-11."""
    sent = case.messages("churn/main")
    blamed = [
        (message, frame.text)
        for message in sent
        for frame in case.frames(case.connection(message.sender), message.started_ns, case.due_ns(message))
        if gateway_error(frame.text)
    ]
    frames = {text for _, text in blamed}
    counts = {"broadcasts": len(sent), "errors": len(frames)}
    if blamed:
        said = f"senders were answered with {len(frames)} error frames: {evidence.excerpt(blamed[0][1])}"
        busy = BusyMachine(case)
        excused = all(busy.during(message) for message, _ in blamed)
        return suspected(said, **counts) if excused else failed(said, (), **counts)
    if len(sent) < _CHURNED:
        return unknown(f"only {len(sent)} broadcasts were sent under churn", **counts)
    return passed(**counts)


def in_time_under_churn(case: Case) -> Judged:
    """CHURN-13."""
    return _under_churn(case, judged_lateness(case, case.pairs("churn/"), at_least=_CHURNED))


def nobody_hears_what_was_over(case: Case) -> Judged:
    """CHURN-14: a sender's own echo apart, which BCAST-03 judges."""
    judgement = case.pairs("churn/")
    foreign = only(judgement, judgement.leaked, lambda message, connection: message.sender != connection)
    counts = {"delivered": judgement.counts.delivered, "foreign": len(foreign)}
    if len(foreign):
        return failed(
            f"{len(foreign)} deliveries were of broadcasts that were over before their receivers connected",
            evidence.of_pairs(
                case,
                foreign,
                judgement.messages,
                "{message} reached {connection}, which connected after it was over",
                "{message} came to {connection} all the same",
            ),
            **counts,
        )
    return _under_churn(case, passed(**counts))


def any_interleaving(case: Case) -> Judged:
    """CHURN-12: the examples that Hypothesis drew, and the attempts to shrink a failing one."""
    judgement = case.pairs("interleaving", ears=case.ears("interleaver"))
    judged = judged_losses(case, judgement, "in short interleavings")
    if judged.outcome is not Outcome.FAIL:
        return judged
    return replace(judged, findings=(_smallest_interleaving(case, judgement), *judged.findings))


def _smallest_interleaving(case: Case, judgement: Judgement) -> Finding:
    """Of the examples that failed, the one with the fewest connections and messages, told whole."""
    failed_groups = {judgement.messages[place].group for place, _ in judgement.lost}

    def size(group: str) -> int:
        clients = group.replace("interleaving", "interleaver")
        there = sum(connection.group == clients for connection in case.history.connections)
        return there + sum(message.group == group for message in judgement.messages)

    smallest = min(sorted(failed_groups), key=size)
    lost = only(judgement, judgement.lost, lambda message, _: message.group == smallest)
    messages = [message for message in judgement.messages if message.group == smallest]
    places = [messages.index(judgement.messages[place]) for place, _ in lost]
    here = Pairs(np.array(places, np.int64), lost.connection)
    return evidence.of_sequence(case, messages, here, "the smallest interleaving that failed")


def _left_over(case: Case, connection_id: str) -> Finding:
    owner = next((c for c in case.history.connections if c.connection_id == connection_id), None)
    title = f"the row of {owner.label if owner else connection_id} was left"
    expected = "no row is left of a connection that is gone"
    observed = f"{connection_id} is in the table after the final broadcasts"
    if owner is None:
        return Finding(title, expected, observed)
    return evidence.of_connection(case, owner, title, expected, observed)


def _under_churn(case: Case, judged: Judged) -> Judged:
    """What is wrong is wrong; but nothing held under churn where there was hardly any."""
    missing = _calm(case) if judged.outcome is Outcome.PASS else ""
    return replace(judged, outcome=Outcome.UNKNOWN, reason=missing) if missing else judged


def _calm(case: Case) -> str:
    """What the run lacks to be one under churn; empty when nothing."""
    came, went = _came_and_went(case)
    if came < _CHURNED or went < _CHURNED:
        return f"hardly any churn: {came} came, {went} went while broadcasts ran; {_CHURNED} each are needed"
    return ""


def _came_and_went(case: Case) -> tuple[int, int]:
    """How many connected, and how many left, from the first broadcast under churn to the last."""
    sent = [message.started_ns for message in case.messages("churn/main")]
    joiners = case.connections(*_JOINERS)

    def meanwhile(at_ns: int | None) -> bool:
        return at_ns is not None and bool(sent) and min(sent) <= at_ns <= max(sent)

    return sum(meanwhile(c.opened_ns) for c in joiners), sum(meanwhile(c.leaving_ns) for c in joiners)


def _final_ns(case: Case) -> int | None:
    """When the last of the final broadcasts was sent; None where none was."""
    return max((message.started_ns for message in case.messages("churn/final")), default=None)


def _open_at_final(case: Case, connection: Connection) -> bool:
    final_ns, leaving_ns = _final_ns(case), connection.leaving_ns
    return (
        final_ns is not None
        and connection.opened_ns is not None
        and (leaving_ns is None or leaving_ns > final_ns)
    )


def _asked(judgement: Judgement) -> list[int]:
    """Those who were owed enough final broadcasts to be called deaf."""
    return [int(number) for number in np.flatnonzero(judgement.owed_per_connection >= _FINAL)]


def _met_a_broadcast(case: Case) -> int:
    """Of those who were asked, how many were in their handshake while a broadcast was on its way."""
    judgement = case.pairs("churn/main")
    begun = np.array([m.started_ns for m in judgement.messages], np.int64)
    ended = np.array([m.intended_ns for m in judgement.messages], np.int64) + judgement.last_ns
    asked = _asked(case.pairs("churn/final", ears=case.ears(*_JOINERS)))
    handshakes = [(c.opening_ns, c.opened_ns or c.opening_ns) for c in map(case.connection, asked)]
    return sum(bool(((begun <= opened) & (ended >= opening)).any()) for opening, opened in handshakes)


def _not_deaf(case: Case, groups: tuple[str, ...], who: str, floor: int) -> Judged:
    judgement = case.pairs("churn/final", ears=case.ears(*groups))
    asked = _asked(judgement)
    deaf = judgement.deaf(at_least=_FINAL)
    counts = {"asked": len(asked), "deaf": len(deaf), "final_broadcasts": len(judgement.messages)}
    came = [case.connection(number).opening_ns for number in deaf]
    if deaf and case.too_busy(case.bounds.deliver_s, min(came)):
        first = judgement.messages[0]
        deaf = [n for n in deaf if stayed_long(case, first, n) or lost_row(case, case.connection(n))]
        if not deaf:
            return suspected(f"{counts['deaf']} clients {who} heard nothing any more", **counts)
    if deaf:
        concerned = [case.connection(number) for number in deaf]
        return failed(
            f"{len(deaf)} of {len(asked)} clients {who} no longer receive anything",
            [
                evidence.of_connection(
                    case,
                    c,
                    f"{c.label} is connected and deaf",
                    "it hears every broadcast that comes after",
                    f"of {counts['final_broadcasts']} final broadcasts it heard none",
                )
                for c in concerned[: evidence.MOST_FINDINGS]
            ],
            **counts,
        )
    if len(asked) < floor:
        return unknown(f"only {len(asked)} clients {who} were there at the end, {floor} are needed", **counts)
    return passed(**counts)


CHECKERS: Mapping[str, Checker] = {
    "CHURN-01": who_stays_hears_everything,
    "CHURN-02": at_most_once_under_churn,
    "CHURN-03": byte_for_byte_under_churn,
    "CHURN-04": who_joined_is_not_deaf,
    "CHURN-05": no_row_is_left,
    "CHURN-06": every_live_row_is_there,
    "CHURN-07": who_came_at_once_is_not_deaf,
    "CHURN-08": who_joined_hears_everything,
    "CHURN-09": everybody_is_let_in_under_churn,
    "CHURN-10": nobody_who_stays_is_closed,
    "CHURN-11": nobody_is_blamed_for_churn,
    "CHURN-12": any_interleaving,
    "CHURN-13": in_time_under_churn,
    "CHURN-14": nobody_hears_what_was_over,
}
