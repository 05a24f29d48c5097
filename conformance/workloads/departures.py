"""Connections end, cleanly and not; the others go on."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.harness.client import Client
from conformance.harness.deadline import Deadline

from .session import Session

_STAY = 3
_LEAVE = 3
_LOOK_S = 0.25


def run(session: Session) -> None:
    session.phase("departures", "main")
    stayers = session.connect_known("leave-stayer", _STAY)
    closing = session.connect_known("leaver/close", _LEAVE)
    aborting = session.connect_known("leaver/abort", _LEAVE)
    young = session.young()
    session.look([*stayers, *closing, *aborting])
    session.progress("departures: three close, and nobody speaks")
    for client in closing:
        client.close()
    watch(session, closing, Deadline(session.bounds.cleanup_s))
    session.progress("departures: three are cut off while the others speak")
    for client, speaker in zip(aborting, stayers, strict=True):
        session.say(speaker, "leave/during", among=stayers, wait=False)
        client.abort()
        session.say(speaker, "leave/during", among=stayers)
    watch(session, session.noticed(aborting), session.until_stale(young), stayers)
    for speaker in stayers:
        session.say(speaker, "leave/after", among=stayers)
    _parting_words(session, stayers)
    session.progress("departures: three come back")
    returners = session.connect("returner", _LEAVE)
    for speaker in stayers:
        session.say(speaker, "return/after", among=[*stayers, *returners])
    session.look(stayers)
    session.retire([*stayers, *returners])


def watch(session: Session, gone: list[Client], deadline: Deadline, speakers: Sequence[Client] = ()) -> None:
    """Look until all rows are gone, or one look begins after the deadline; `speakers` broadcast meanwhile."""
    turn = 0
    while gone:
        last = deadline.expired()
        gone = session.look(gone)
        if last or not gone:
            return
        if speakers:
            session.say(speakers[turn % len(speakers)], "leave/during", among=speakers)
            turn += 1
        session.pause(_LOOK_S)


def _parting_words(session: Session, stayers: Sequence[Client]) -> None:
    session.progress("departures: three say a last word and go")
    for client in session.connect("parting", _LEAVE):
        message = session.say(client, "leave/parting", among=[], wait=False)
        client.close()
        if message is not None:
            session.await_heard(message, client, stayers)
