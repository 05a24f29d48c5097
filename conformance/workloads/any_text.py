"""Payloads drawn by Hypothesis from all of Unicode; a damaged one is shrunk to the smallest that is."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import seed as seeded
from hypothesis import strategies as st

from conformance.harness.client import Client
from conformance.harness.deadline import Deadline

from .drawn_by_hypothesis import BoundedSearch, live_settings
from .session import Session

_EXAMPLES = 20
_WITHIN_S = 60.0
_SHRINKING_S = 10.0
_LONGEST = 40

_TEXT = st.text(st.characters(codec="utf-8"), max_size=_LONGEST)


def run(session: Session, clients: Sequence[Client]) -> None:
    """Broadcast drawn texts among the clients, as `broadcast/unicode`."""
    speaker = clients[0]
    search = BoundedSearch(_WITHIN_S, _SHRINKING_S)
    damaged: list[str] = []

    @seeded(session.scale.seed)
    @live_settings(_EXAMPLES)
    @given(_TEXT, _TEXT)
    def probe(before: str, after: str) -> None:
        search.begin_example()
        if not _comes_whole(session, speaker, clients, f"[{before}", f"{after}]"):
            damaged.append(before + after)
            search.fail()

    search.run(probe)
    if damaged:
        smallest = min(damaged, key=len)
        session.fleet.recorder.note(f"smallest damaged text: {smallest!r}")
        session.progress(f"calm: the smallest text that does not come as it was sent is {smallest!r}")


def _comes_whole(
    session: Session, speaker: Client, clients: Sequence[Client], before: str, after: str
) -> bool:
    message = session.say(speaker, "broadcast/unicode", among=clients, before=before, after=after, wait=False)
    if message is None:
        return False
    fleet = session.fleet
    ears = {client.number for client in session.owed(speaker, clients)}

    def damaged() -> bool:
        return any(f.corrupt_of == message for client in clients for f in fleet.frames(client))

    fleet.wait_until(lambda: ears <= fleet.heard(message) or damaged(), Deadline(session.bounds.deliver_s))
    return ears <= fleet.heard(message)
