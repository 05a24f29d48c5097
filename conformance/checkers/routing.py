"""ROUTE: what the selection expression does with good and bad messages, and whom a bad one hurts.

Before all, clients come, speak and go: what the application then says unasked is its usual way
(`routing/rehearsal`). A trial: three fresh clients; a bystander speaks (`routing/<kind>/before`), another
client sends the mischief (`mischief/<kind>`), the bystander speaks (`routing/<kind>/other`), then the
mischief-maker (`routing/<kind>/same`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from conformance.harness.oracle import Judgement, Pairs
from reports.history import MISCHIEF, FrameReceived
from reports.history_reader import Connection, Message
from reports.results import Finding, Outcome

from . import evidence
from .broadcasting import BusyMachine, proven_losses
from .case import Case, Checker, Judged, failed, left_by_peer, passed, suspected, unknown

_WORD = re.compile(r"[\w=+/.:-]+")
_LONG = 16
"""Characters of a connection id (EV-50), which need hold no digit."""
_UNUSUAL = ("fault", "limit")
"""Groups whose clients may hear of failures."""
_NO_ROUTE = '"Forbidden"'
_FAILURES = ('"Internal server error"', '"Endpoint request timed out"')


def the_message_reaches_its_route(case: Case) -> Judged:
    """ROUTE-01: the wiring check's message, answered by a delivery and not by RT-20's frame."""
    probes = case.messages("wiring")
    forbidden = [
        frame.text
        for probe in probes
        for frame in case.frames(case.connection(probe.sender), probe.started_ns, case.history.end_ns)
        if _NO_ROUTE in frame.text
    ]
    if forbidden:
        return failed(
            "the API answers the application's message with Forbidden: its route selection expression and "
            f"the message do not match (came: {evidence.excerpt(forbidden[0])})",
            [
                evidence.of_connection(
                    case,
                    case.connection(probes[0].sender),
                    "no route takes the application's message",
                    "the message reaches its route and is broadcast",
                    forbidden[0],
                )
            ],
            probes=len(probes),
        )
    if not probes:
        return unknown("no probe was sent")
    return passed(probes=len(probes))


@dataclass(frozen=True)
class _Trial:
    """One kind of mischief, as it went."""

    case: Case
    kind: str
    mischief: list[Message]
    before: list[Message]
    other: list[Message]
    same: list[Message]

    @property
    def villain(self) -> Connection:
        return self.case.connection(self.mischief[0].sender)

    @property
    def bystanders(self) -> list[Connection]:
        return [c for c in self.case.connections(f"routing/{self.kind}") if c.number != self.villain.number]

    @property
    def span(self) -> tuple[int, int]:
        """Of a whole trial: until the next one begins to speak; without one, a delivery bound."""
        last = max(m.started_ns for m in [*self.other, *self.same])
        bound = last + int(self.case.bounds.deliver_s * 1e9)
        return self.mischief[0].started_ns, min(
            (m.started_ns for m in self.case.history.messages if m.started_ns > last), default=bound
        )

    def lost(self, part: str) -> list[tuple[Message, Connection]]:
        judgement = self._judgement(part)
        return self._in_trial(judgement, judgement.lost)

    def proven_losses(self, part: str) -> list[tuple[Message, Connection]]:
        """Those that no busy machine excuses."""
        judgement = self._judgement(part)
        return self._in_trial(judgement, proven_losses(self.case, judgement))

    def _judgement(self, part: str) -> Judgement:
        return self.case.pairs(f"routing/{self.kind}/{part}")

    def _in_trial(self, judgement: Judgement, pairs: Pairs) -> list[tuple[Message, Connection]]:
        trial = {c.number for c in self.case.connections(f"routing/{self.kind}")}
        return [
            (judgement.messages[place], self.case.connection(number))
            for place, number in pairs
            if number in trial
        ]

    def floor(self) -> str:
        """What is missing for a judgement; empty when nothing is."""
        if not self.mischief:
            return "no such message was sent"
        if not (self.before and self.other and self.same):
            return "the trial did not come to its end"
        if self.lost("before"):
            return "broadcasts were lost before the mischief already"
        return ""


def _trial(case: Case, kind: str) -> _Trial:
    parts = {part: case.messages(f"routing/{kind}/{part}") for part in ("before", "other", "same")}
    return _Trial(case, kind, case.messages(f"mischief/{kind}"), **parts)


def disturbs_nobody(kind: str, case: Case) -> Judged:
    """No frame for others, nobody closed, nobody deaf."""
    trial = _trial(case, kind)
    if missing := trial.floor():
        return unknown(missing)
    harm = _harm_to_others(trial)
    counts = {"mischief": len(trial.mischief), "bystanders": len(trial.bystanders), "harmed": len(harm)}
    if harm:
        return failed(f"{harm[0].title}: {harm[0].observed}", harm[: evidence.MOST_FINDINGS], **counts)
    if any(connection is not trial.villain for _, connection in trial.lost("other")):
        return suspected("afterwards a bystander missed a broadcast", **counts)
    return passed(**counts)


def leaves_usable(kind: str, case: Case) -> Judged:
    """The mischief-maker is still connected, hears, and is heard."""
    trial = _trial(case, kind)
    if missing := trial.floor():
        return unknown(missing)
    villain = trial.villain
    counts = {"mischief": len(trial.mischief)}
    if left_by_peer(villain, trial.span[1]):
        return failed(
            "its sender's connection was closed",
            [_about(trial, villain, "the connection of the sender was closed", f"close code {villain.code}")],
            **counts,
        )
    busy = BusyMachine(case)
    silent = [m for m in trial.same if not _witnessed(case, m)]
    heard_nothing = [pair for pair in trial.lost("other") if pair[1] is villain]
    deaf = [pair for pair in trial.proven_losses("other") if pair[1] is villain]
    mute = [
        *trial.proven_losses("same"),
        *((message, villain) for message in silent if not busy.during(message)),
    ]
    if lost := {message.id for message, _ in [*deaf, *mute]}:
        what = "no longer hears" if deaf else "is no longer heard"
        return failed(
            f"afterwards its sender {what}",
            [_about(trial, villain, f"the sender {what}", f"broadcasts lost: {len(lost)}")],
            **counts,
        )
    if silent or heard_nothing or trial.lost("same"):
        return suspected("afterwards broadcasts of or to its sender were lost", **counts)
    return passed(**counts)


def both(kind: str, case: Case) -> Judged:
    """Disturbs nobody and leaves its sender usable."""
    others = disturbs_nobody(kind, case)
    return others if others.outcome is not Outcome.PASS else leaves_usable(kind, case)


def is_answered_as_the_contract_says(case: Case) -> Judged:
    """ROUTE-09."""
    trial = _trial(case, "unknown-action")
    if missing := trial.floor():
        return unknown(missing)
    answers = told(case, trial.villain, *trial.span)
    counts = {"sent": len(trial.mischief), "answered": len(answers)}
    expects_frame = case.contract.unknown_action == "error-frame"
    if expects_frame and not answers:
        return failed("an unknown action was not answered; the contract says error-frame", (), **counts)
    if not expects_frame and answers:
        return failed(
            f"an unknown action was answered: {evidence.excerpt(answers[0].text)}; the contract says ignored",
            (),
            **counts,
        )
    return passed(**counts)


def gateway_error(text: str) -> bool:
    """Whether API Gateway tells the sender that the integration failed (RT-21, RT-22)."""
    return _by_gateway(text, *_FAILURES)


def _by_gateway(text: str, *says: str) -> bool:
    return '"connectionId"' in text and '"requestId"' in text and any(words in text for words in says)


def _witnessed(case: Case, message: Message) -> bool:
    return len(case.history.deliveries.of(message.id)) > 0


def _harm_to_others(trial: _Trial) -> list[Finding]:
    case, (since_ns, until_ns) = trial.case, trial.span
    controls = {m.id for m in [*trial.before, *trial.other, *trial.same]}
    usual = _usual_forms(case)
    harm = []
    for bystander in trial.bystanders:
        if left_by_peer(bystander, until_ns):
            harm.append(
                _about(trial, bystander, "a bystander's connection was closed", f"code {bystander.code}")
            )
        # The gateway's error frames are about what their receiver itself has sent (RT-21).
        harm += [
            _about(trial, bystander, "a bystander heard something of it", evidence.quoted(frame.text))
            for frame in case.frames(bystander, since_ns, until_ns)
            if frame.corrupt_of not in controls and not gateway_error(frame.text)
            if frame.corrupt_of is not None or _form(frame.text) not in usual
        ]
        heard = [case.history.deliveries.of(m.id) for m in trial.mischief]
        if any(bystander.number in copies["connection"] for copies in heard):
            harm.append(_about(trial, bystander, "it was broadcast", "a bystander heard it"))
    for message, connection in trial.proven_losses("other"):
        if connection.number != trial.villain.number:
            observed = f"{message.label} of another client was lost"
            harm.append(_about(trial, connection, "afterwards a bystander no longer hears", observed))
    return harm


def told(case: Case, client: Connection, since_ns: int, until_ns: int) -> list[FrameReceived]:
    """What the client heard beside deliveries, and beside what it hears anyway, as that a message arrived."""
    frames = case.frames(client, since_ns, until_ns)
    usual = _usual_forms(case) if frames else frozenset()
    return [frame for frame in frames if _form(frame.text) not in usual]


def _usual_forms(case: Case) -> frozenset[str]:
    """Forms of what this application says to clients unasked: who came and went, that a message arrived.

    Known from what comes before the first mischief, and later to clients that connect when all is over.
    What follows a client's own bad message, as the one that asks for its id, is an answer to that, and so
    are API Gateway's own frames (RT-20 to RT-22).
    """
    sent = [m.started_ns for kind in MISCHIEF_OF.values() for m in case.messages(f"mischief/{kind}")]
    bound_ns = int(case.bounds.deliver_s * 1e9)
    asked: dict[int, list[Message]] = {}
    for message in case.messages(MISCHIEF):
        asked.setdefault(message.sender, []).append(message)

    def answers(frame: FrameReceived) -> bool:
        if _by_gateway(frame.text, _NO_ROUTE, *_FAILURES):
            return True
        return any(m.started_ns <= frame.at_ns <= case.due_ns(m) for m in asked.get(frame.connection, []))

    def undisturbed(frame: FrameReceived) -> bool:
        connection = case.connection(frame.connection)
        came_later = not sent or connection.opening_ns > max(sent) + bound_ns
        usual = came_later and not connection.group.startswith(_UNUSUAL)
        return (
            frame.corrupt_of is None
            and not answers(frame)
            and (usual or bool(sent and frame.at_ns < min(sent)))
        )

    return frozenset(_form(frame.text) for frame in case.history.frames if undisturbed(frame))


def _form(text: str) -> str:
    """The text without what differs between two messages of one kind: ids, times, counts."""
    return _WORD.sub(lambda word: "#" if _varies(word[0]) else word[0], text)


def _varies(word: str) -> bool:
    return any(map(str.isdigit, word)) or (len(word) >= _LONG and not word.islower())


def _about(trial: _Trial, connection: Connection, title: str, observed: str) -> Finding:
    mischief = trial.mischief[0]
    expected = f"{evidence.quoted(mischief.text)} of {trial.villain.label} harms no connection"
    return Finding(
        title,
        expected,
        observed,
        evidence.pair_timeline(trial.case, mischief, connection),
        evidence.described([trial.villain, connection]),
    )


_LEAVES_USABLE = {
    "ROUTE-02": "unknown-action",
    "ROUTE-04": "no-action",
    "ROUTE-06": "not-json",
    "ROUTE-11": "no-payload",
    "ROUTE-12": "odd-payload",
}
_DISTURBS_NOBODY = {
    "ROUTE-03": "unknown-action",
    "ROUTE-05": "no-action",
    "ROUTE-07": "not-json",
    "ROUTE-10": "no-payload",
}
MISCHIEF_OF: Mapping[str, str] = {
    **_LEAVES_USABLE,
    **_DISTURBS_NOBODY,
    "ROUTE-08": "not-an-object",
    "ROUTE-09": "unknown-action",
}
"""The kind of mischief that a clause is judged by; not every form of a message leaves one."""

CHECKERS: Mapping[str, Checker] = {
    "ROUTE-01": the_message_reaches_its_route,
    **{name: partial(leaves_usable, kind) for name, kind in _LEAVES_USABLE.items()},
    **{name: partial(disturbs_nobody, kind) for name, kind in _DISTURBS_NOBODY.items()},
    "ROUTE-08": partial(both, MISCHIEF_OF["ROUTE-08"]),
    "ROUTE-09": is_answered_as_the_contract_says,
}
