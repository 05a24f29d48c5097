"""Sizes and limits as backends meet them: long messages, too long ones, a slow reader, a crowd."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import seed as seeded
from hypothesis import strategies as st

from conformance.harness.client import FRAME_LIMIT, Client
from conformance.harness.deadline import Deadline
from conformance.harness.errors import TargetFailure
from conformance.harness.management import Management

from .departures import watch
from .drawn_by_hypothesis import BoundedSearch, live_settings
from .session import Session

MESSAGE_LIMIT = 128 * 1024
"""Bytes that API Gateway takes in one message, either way (LM-5, MG-24)."""
CROWD = 102
"""DynamoDB takes and gives 25 or 100 items at a time, and loops over batches are easy to get wrong."""

_LISTENERS = 3
_EXAMPLES = 6
_SIZES_WITHIN_S = 60.0
_SHRINKING_S = 10.0
_SPARE = 8 * 1024
"""Bytes left for the envelope and for what the application adds to a message."""
_OVERSIZE = 2
_FILLER = "x" * 120_000
_MOST_POSTS = 200
"""24 MB: more than the buffers of two kernels and a gateway."""
_ROUNDS = 9
_DISCONNECT_S = 1.0
"""For whatever else the `$disconnect` of a closed client does: nothing shows when it has run."""


def run(session: Session) -> None:
    session.phase("limits", "main")
    listeners = session.connect("limit-listener", _LISTENERS)
    session.progress(f"limits: messages of {FRAME_LIMIT // 1024} to {MESSAGE_LIMIT // 1024} KB")
    _sizes(session, listeners)
    session.progress("limits: messages that are too long")
    _oversize(session, listeners)
    if session.management is not None:
        session.progress("limits: somebody reads slowly")
        [slow] = session.connect_known("limit-slow")
        if slow.connection_id is not None:
            _slow_reader(session, session.management, slow, listeners)
    session.progress(f"limits: {CROWD} clients")
    crowd = session.fleet.connect_many(CROWD - _LISTENERS, "limit-crowd")
    for speaker in (crowd[0], crowd[-1], listeners[0]):
        session.say(speaker, "limit/crowd", among=[*listeners, *crowd])
    session.retire([*listeners, *crowd])


def _sizes(session: Session, listeners: Sequence[Client]) -> None:
    """Sizes drawn by Hypothesis; one that does not arrive is shrunk to the smallest that does not."""
    least, most = FRAME_LIMIT + 1, MESSAGE_LIMIT - _SPARE
    search = BoundedSearch(_SIZES_WITHIN_S, _SHRINKING_S)
    lost: list[int] = []

    @seeded(session.scale.seed)
    @live_settings(_EXAMPLES)
    @given(st.one_of(st.integers(least, most), st.sampled_from((least, 2 * FRAME_LIMIT, most))))
    def probe(size: int) -> None:
        search.begin_example()
        if not _arrives(session, listeners, size):
            lost.append(size)
            search.fail()

    search.run(probe)
    if lost:
        session.fleet.recorder.note(f"smallest message that does not arrive: {min(lost)} bytes")
        session.progress(f"limits: the smallest message that does not arrive has {min(lost)} bytes")


def _arrives(session: Session, listeners: Sequence[Client], size: int) -> bool:
    speaker = listeners[size % len(listeners)]
    bare = len(session.fleet.target.send.render("").encode())
    message = session.say(speaker, "limit/size", among=listeners, after="x" * (size - bare), wait=False)
    return message is not None and not session.await_heard(message, speaker, listeners)


def _oversize(session: Session, listeners: Sequence[Client]) -> None:
    """The gateway closes whoever sends too much (RT-51); the others go on."""
    villains = session.connect_known("limit-oversize", _OVERSIZE)
    session.look(villains)
    text = session.fleet.target.send.render("x" * (MESSAGE_LIMIT + 1))
    for villain in villains:
        try:
            session.fleet.mischief(villain, "over-the-limit", text)
        except TargetFailure:
            continue  # closed before all of it was sent, which is recorded
    closed = Deadline(session.bounds.cleanup_s)
    session.fleet.wait_until(lambda: all(villain.is_gone for villain in villains), closed)
    watch(session, villains, Deadline(session.bounds.cleanup_s))
    session.pause(_DISCONNECT_S)
    for speaker in listeners:
        session.say(speaker, "limit/after-oversize", among=listeners)


def _slow_reader(session: Session, management: Management, slow: Client, listeners: Sequence[Client]) -> None:
    """A client stops reading until the gateway's buffer for it is full (MG-17), and reads on later."""
    slow.pause_reading()
    posts = 0
    while management.post(slow.connection_id or "", _FILLER) == "open" and posts < _MOST_POSTS:
        posts += 1
    for number in range(_ROUNDS):
        session.say(listeners[number % len(listeners)], "limit/slow", among=listeners)
    slow.resume_reading()
    caught_up = Deadline(session.bounds.deliver_s)
    session.fleet.wait_until(lambda: len(session.fleet.frames(slow)) >= posts, caught_up)
    for speaker in listeners:
        session.say(speaker, "limit/after-slow", among=[*listeners, slow])
    session.retire([slow])
