"""BCAST: everybody hears, once, byte for byte, in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter

import numpy as np

from conformance.function_failures import why_failed
from conformance.harness.oracle import Ears, Judgement, Pairs
from reports.history_reader import Message
from reports.results import Outcome
from reports.trace import Invocation

from . import evidence
from .case import Case, Checker, Judged, failed, passed, suspected, unknown
from .unposted import Starved, Unposted, failed_run

_MESSAGES = 3
_LONG = 3
_ALONE = ("connect/", "broadcast/plain", "broadcast/unicode", "broadcast/literal", "broadcast/large")
_CALM = (*_ALONE, "broadcast/concurrent", "leave/", "return/", "routing/")
"""Groups whose broadcasts run without stale rows and without churn."""


def everybody_hears(case: Case) -> Judged:
    """BCAST-01: recipients other than the sender."""
    judgement = case.pairs("broadcast/plain", ears=Ears(own=False))
    return judged_losses(case, judgement, "of everybody but the sender")


def at_most_once(case: Case) -> Judged:
    """BCAST-02."""
    return judged_duplicates(case, case.pairs(*_ALONE))


def the_sender_hears_itself_or_not(case: Case) -> Judged:
    """BCAST-03."""
    if case.contract.echo_to_sender:
        own = case.pairs("broadcast/plain", ears=Ears(own=True))
        return judged_losses(case, own, "of the senders themselves")
    judgement = case.pairs("broadcast/plain")
    echoed = only(judgement, judgement.leaked, lambda message, connection: message.sender == connection)
    witnessed = int((judgement.delivered_per_message > 0).sum())
    if len(echoed):
        return failed(
            f"{len(echoed)} of {witnessed} senders received their own broadcast, against the contract",
            evidence.of_pairs(
                case,
                echoed,
                judgement.messages,
                "{connection} heard its own {message}",
                "{message} came back to its sender",
            ),
            messages=witnessed,
            echoed=len(echoed),
        )
    if witnessed < _MESSAGES:
        return unknown(f"only {witnessed} broadcasts were received by anyone, {_MESSAGES} are needed")
    return passed(messages=witnessed, echoed=0)


def byte_for_byte(case: Case) -> Judged:
    """BCAST-04."""
    return judged_damage(case, case.pairs("broadcast/plain"))


def any_unicode(case: Case) -> Judged:
    """BCAST-05."""
    return judged_whole(case, "broadcast/unicode")


def text_is_text(case: Case) -> Judged:
    """BCAST-06."""
    return judged_whole(case, "broadcast/literal")


def in_time(case: Case) -> Judged:
    """BCAST-07."""
    return judged_lateness(case, case.pairs(*_CALM), at_least=_MESSAGES)


def several_at_once(case: Case) -> Judged:
    """BCAST-08."""
    whole = judged_whole(case, "broadcast/concurrent")
    twice = judged_duplicates(case, case.pairs("broadcast/concurrent"))
    return twice if whole.outcome is Outcome.PASS and twice.outcome is Outcome.FAIL else whole


def large_payloads(case: Case) -> Judged:
    """BCAST-09."""
    return judged_whole(case, "broadcast/large", at_least=1)


def order_per_sender(case: Case) -> Judged:
    """BCAST-10: counted, and judged only where the contract promises order."""
    judgement = case.pairs("broadcast/", "churn/")
    swapped, compared = _inversions(case, judgement)
    counts = {"compared": compared, "out_of_order": swapped}
    if not compared:
        return unknown("no receiver heard two messages of one sender")
    if case.contract.order == "per-sender" and swapped:
        return failed(f"{swapped} of {compared} consecutive pairs came out of order", (), **counts)
    if case.contract.order == "per-sender":
        return passed(**counts)
    return Judged(Outcome.INFO, f"{swapped} of {compared} consecutive pairs came out of order", counts)


def judged_losses(
    case: Case,
    judgement: Judgement,
    whom: str,
    *,
    at_least: int = _MESSAGES,
) -> Judged:
    """Whether any owed pair was lost. Floor: `at_least` messages owed to somebody."""
    lost = proven_losses(case, judgement)
    counts = {
        "messages": judgement.counts.messages,
        "owed": judgement.counts.owed,
        "delivered": judgement.counts.delivered,
        "lost": len(judgement.lost),
    }
    if counts["lost"] and not len(lost):
        return suspected(
            f"{counts['lost']} of {counts['owed']} owed deliveries {whom} did not come", **counts
        )
    if len(lost):
        return failed(
            f"{len(lost)} of {judgement.counts.owed} owed deliveries {whom} were lost"
            + _failure_behind(
                case, [judgement.messages[place] for place in sorted(set(lost.message.tolist()))]
            ),
            evidence.of_pairs(
                case,
                lost,
                judgement.messages,
                "{message} never reached {connection}",
                "{connection} was connected all the time and heard nothing of {message}",
            ),
            **counts,
        )
    owed = int((judgement.owed_per_message > 0).sum())
    if owed < at_least:
        return unknown(f"only {owed} broadcasts were owed to anyone, {at_least} are needed", **counts)
    return passed(**counts)


def proven_losses(case: Case, judgement: Judgement) -> Pairs:
    """Those of the lost pairs that no busy machine excuses."""
    if not len(judgement.lost):
        return judgement.lost  # the rest reads the whole trace
    busy, unposted = BusyMachine(case), Unposted(case)

    def proven(message: Message, number: int) -> bool:
        return not busy.excuses(message, number) or unposted.to(message, number)

    return only(judgement, judgement.lost, proven)


def judged_lateness(case: Case, judgement: Judgement, *, at_least: int = 1) -> Judged:
    """Whether any owed pair took longer than the delivery bound. Floor: `at_least` deliveries."""
    counts = {"owed": judgement.counts.owed, "late": judgement.counts.late}
    busy = BusyMachine(case)
    late = only(judgement, judgement.late, lambda message, _: not busy.during(message))
    if counts["late"] and not len(late):
        return suspected(f"{counts['late']} of {counts['owed']} owed deliveries were late", **counts)
    if len(late):
        text = f"{len(late)} of {counts['owed']} owed deliveries took longer than {case.bounds.deliver_s:g} s"
        title, observed = "{message} reached {connection} late", "it came after the delivery bound"
        return failed(text, evidence.of_pairs(case, late, judgement.messages, title, observed), **counts)
    if judgement.counts.delivered < at_least:
        return unknown("too little was delivered", **counts)
    return passed(**counts)


def judged_promptness(case: Case, judgement: Judgement, whom: str, *, at_least: int = _MESSAGES) -> Judged:
    """Whether any owed pair was lost, or took longer than the delivery bound."""
    losses = judged_losses(case, judgement, whom, at_least=at_least)
    if losses.outcome is not Outcome.PASS:
        return losses
    lateness = judged_lateness(case, judgement)
    return losses if lateness.outcome is Outcome.PASS else lateness


def judged_duplicates(case: Case, judgement: Judgement, *, at_least: int = _MESSAGES) -> Judged:
    """Whether any pair was delivered more than once; at-least-once contracts are told, not judged."""
    counts = {"delivered": judgement.counts.delivered, "duplicated": judgement.counts.duplicated}
    if case.contract.delivery == "at-least-once":
        return Judged(
            Outcome.INFO, f"{judgement.counts.duplicated} pairs were delivered more than once", counts
        )
    if judgement.counts.duplicated:
        return failed(
            f"{judgement.counts.duplicated} pairs were delivered more than once",
            evidence.of_pairs(
                case,
                judgement.duplicated,
                judgement.messages,
                "{message} reached {connection} more than once",
                "a further copy of {message} came",
            ),
            **counts,
        )
    if judgement.counts.delivered + judgement.counts.may < at_least:
        return unknown("too little was delivered", **counts)
    return passed(**counts)


def judged_damage(case: Case, judgement: Judgement) -> Judged:
    """Whether any copy arrived whose bytes are not the ones that were sent."""
    counts = {"delivered": judgement.counts.delivered, "corrupted": judgement.counts.corrupted}
    if judgement.counts.corrupted:
        return failed(
            f"{judgement.counts.corrupted} deliveries were not what was sent{_example(case, judgement)}",
            evidence.of_pairs(
                case,
                judgement.corrupted,
                judgement.messages,
                "{message} reached {connection} damaged",
                "the bytes that came are not the bytes that were sent",
            ),
            **counts,
        )
    if judgement.counts.delivered + judgement.counts.may < _MESSAGES:
        return unknown("too little was delivered", **counts)
    return passed(**counts)


def judged_whole(case: Case, group: str, *, at_least: int = _MESSAGES) -> Judged:
    """Whether the messages of the group arrived at all and undamaged."""
    damage = judged_damage(case, case.pairs(group))
    if damage.outcome is Outcome.FAIL:
        return damage
    return judged_losses(case, case.pairs(group), "of such messages", at_least=at_least)


class BusyMachine:
    """Knows of every message what a busy machine excuses; thousands of pairs are of few messages."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._starved = Starved(case)
        self._during: dict[int, bool] = {}

    def during(self, message: Message) -> bool:
        """Whether the machine was too busy while the message was due, or shortly before: work piles up."""
        if message.id not in self._during:
            bound_s = self._case.bounds.deliver_s
            since_ns, until_ns = message.started_ns - int(bound_s * 1e9), self._case.due_ns(message)
            self._during[message.id] = self._case.too_busy(bound_s, since_ns, until_ns)
        return self._during[message.id]

    def excuses(self, message: Message, connection: int) -> bool:
        """Whether it may have lost the message: the receiver left soon, or the function lacked time."""
        return self.during(message) and (
            not stayed_long(self._case, message, connection) or self._starved.of(message)
        )


def stayed_long(case: Case, message: Message, connection: int) -> bool:
    """Whether the connection could have heard the message for several times the bound."""
    leaving_ns = case.connection(connection).leaving_ns or case.history.end_ns
    return leaving_ns - message.started_ns > _LONG * case.bounds.deliver_s * 1e9


def only(judgement: Judgement, pairs: Pairs, keep: Callable[[Message, int], bool]) -> Pairs:
    """The pairs that `keep` takes, which is given the message and the number of the connection."""
    taken = np.array([keep(judgement.messages[place], number) for place, number in pairs], np.bool_)
    return Pairs(pairs.message[taken], pairs.connection[taken]) if len(pairs) else pairs


def _failure_behind(case: Case, lost: Sequence[Message]) -> str:
    """The most frequent error of the functions that the messages were for; empty where all ended well."""
    failures = [run for run in case.history.trace.of(Invocation) if failed_run(run)]
    errors = Counter(error for message in lost for error in _errors(case, message, failures))
    if not errors:
        return ""
    error, times = max(errors.items(), key=itemgetter(1))
    whose = "it" if len(lost) == 1 else f"{times} of these {len(lost)} messages"
    return f"; the function that was to send {whose} failed: {error}"


def _errors(case: Case, message: Message, failures: Sequence[Invocation]) -> set[str]:
    sender, due_ns = case.connection(message.sender).connection_id, case.due_ns(message)
    return {
        f"{run.function}, {why_failed(run)}"
        for run in failures
        if run.connection_id == sender and message.started_ns <= run.started_ns <= due_ns
    }


def _example(case: Case, judgement: Judgement) -> str:
    ids = {message.id: message for message in judgement.messages}
    for frame in case.history.frames:
        if frame.corrupt_of in ids:
            sent = ids[frame.corrupt_of].text
            return f"; sent {evidence.quoted(sent)}, came {evidence.quoted(frame.text)}"
    return ""


def _inversions(case: Case, judgement: Judgement) -> tuple[int, int]:
    """Consecutive messages of one sender at one receiver: how many came swapped, of how many."""
    sender_of = {message.id: message.sender for message in judgement.messages}
    started_of = {message.id: message.started_ns for message in judgement.messages}
    latest: dict[tuple[int, int], int] = {}
    swapped = compared = 0
    for delivery in np.sort(case.history.deliveries.whole(), order="at_ns"):
        message = int(delivery["message"])
        if message not in sender_of:
            continue
        started, key = started_of[message], (sender_of[message], int(delivery["connection"]))
        if key in latest:
            compared += 1
            swapped += started < latest[key]
        latest[key] = max(latest.get(key, started), started)
    return swapped, compared


CHECKERS: Mapping[str, Checker] = {
    "BCAST-01": everybody_hears,
    "BCAST-02": at_most_once,
    "BCAST-03": the_sender_hears_itself_or_not,
    "BCAST-04": byte_for_byte,
    "BCAST-05": any_unicode,
    "BCAST-06": text_is_text,
    "BCAST-07": in_time,
    "BCAST-08": several_at_once,
    "BCAST-09": large_payloads,
    "BCAST-10": order_per_sender,
}
