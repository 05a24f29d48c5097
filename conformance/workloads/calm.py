"""Nobody leaves: newcomers are known and hear, and broadcasts of every kind arrive as they were sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random

from conformance.harness.client import Client

from . import any_text
from .payloads import UNICODE_TEXTS, large_padding, literal_texts
from .session import Session

_NEWCOMERS = 4
_ROUNDS = 2


def run(session: Session) -> None:
    session.phase("calm", "set-up")
    session.await_retired()
    session.progress("calm: newcomers")
    founders = session.connect("founder", 2)
    for founder in founders:
        session.say(founder, "warm-up", among=founders)
    session.phase("calm", "main")
    clients = [*founders, *_known_newcomers(session), *_hearing_newcomers(session, founders)]
    session.progress(f"calm: {len(clients)} clients, plain text")
    for number, client in enumerate(clients):
        # Long and short in turn: a buffer that is used again shows the end of a longer message.
        tail = " and so on" * (3 * (number % 2))
        session.say(client, "broadcast/plain", among=clients, after=f" said by {client.number}{tail}")
    _texts(session, clients)
    session.progress("calm: several senders at once")
    for _ in range(_ROUNDS):
        _at_once(session, clients)
    session.retire(clients)


def _known_newcomers(session: Session) -> list[Client]:
    """Each is looked up in the table right after its handshake."""
    clients: list[Client] = []
    for _ in range(_NEWCOMERS):
        newcomer = session.connect_known("newcomer")
        session.look(newcomer)
        clients += newcomer
    return clients


def _hearing_newcomers(session: Session, founders: list[Client]) -> list[Client]:
    """Each is spoken to right after its handshake."""
    clients: list[Client] = []
    for number in range(_NEWCOMERS):
        clients += session.connect("newcomer")
        session.say(founders[number % 2], "connect/first", among=[*founders, *clients])
    return clients


def _texts(session: Session, clients: list[Client]) -> None:
    random = Random(session.scale.seed)
    session.progress("calm: Unicode, text that looks like JSON, large payloads")
    any_text.run(session, clients)
    for number, (before, after) in enumerate(UNICODE_TEXTS):
        speaker = clients[number % len(clients)]
        session.say(speaker, "broadcast/unicode", among=clients, before=before, after=after)
    for number, text in enumerate(literal_texts(random)):
        session.say(clients[number % len(clients)], "broadcast/literal", among=clients, text=text)
    for filler in large_padding(session.fleet.target.send, random):
        session.say(clients[0], "broadcast/large", among=clients, after=filler)


def _at_once(session: Session, clients: list[Client]) -> None:
    """Everybody speaks within a few milliseconds."""
    with ThreadPoolExecutor(len(clients), thread_name_prefix="speak") as pool:
        messages = list(
            pool.map(
                lambda client: session.say(client, "broadcast/concurrent", among=clients, wait=False), clients
            )
        )
    for client, message in zip(clients, messages, strict=True):
        if message is not None:
            session.await_heard(message, client, clients)
