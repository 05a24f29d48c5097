"""Messages that no route takes, or that their route cannot use: whom do they hurt?

For each kind three fresh clients: one sends the mischief, and before and after it everybody must be
heard by everybody. See `checkers/routing.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from conformance.harness.client import Client
from conformance.harness.deadline import Deadline
from conformance.harness.errors import TargetFailure
from conformance.harness.message_format import PAYLOAD, SendFormat, to_json

from .session import Session

_CLIENTS = 3
_UNASKED_S = 1.0
"""Nobody can know whether an application will say anything unasked; what does comes with the messages."""
_ODD_PAYLOADS = (None, 17, True, ["a", "b"], {"a": "b"})
_NOT_JSON = ("this is no JSON", '{"action":', "ping")
_NOT_AN_OBJECT = ('["sendmessage"]', "42", "null", '"sendmessage"', "true")


def run(session: Session) -> None:
    """All kinds, one after the other. Nobody leaves meanwhile: who suffers suffers from the messages."""
    session.phase("bad messages", "set-up")
    there = _rehearse(session)
    session.phase("bad messages", "main")
    for kind, texts in mischief(session.fleet.target.send).items():
        session.progress(f"bad messages: {kind.replace('-', ' ')}")
        clients = session.connect(f"routing/{kind}", _CLIENTS)
        _trial(session, kind, texts, clients)
        there += clients
    session.retire(there)


def _rehearse(session: Session) -> list[Client]:
    """Have the application say what it says unasked, of messages and of who comes and goes.

    What is known from before the first mischief is not held against that. Returns who stays.
    """
    session.progress("bad messages: first, good ones")
    clients = session.connect("routing/rehearsal", _CLIENTS)
    for speaker in clients:
        session.say(speaker, "routing/rehearsal", among=clients)
    clients[0].close()
    session.say(clients[1], "routing/rehearsal", among=clients[1:])
    session.pause(_UNASKED_S)
    return clients[1:]


def mischief(send: SendFormat) -> Mapping[str, tuple[str, ...]]:
    """The texts of each kind, made from the application's own message.

    Where that is plain text, any text is a message, and text that is no JSON object no mischief.
    """
    marker = "churnproof mischief"
    speaks_json = not isinstance(send.template, str)
    kinds = {
        "unknown-action": (send.unknown_action(marker),),
        "no-action": (send.without_action(marker),),
        "not-json": _NOT_JSON if speaks_json else (),
        "not-an-object": _NOT_AN_OBJECT if speaks_json else (),
        "no-payload": (send.without_payload(),),
        "odd-payload": tuple(_with_payload(send, value) for value in _ODD_PAYLOADS),
    }
    return {kind: tuple(text for text in texts if text is not None) for kind, texts in kinds.items()}


def _with_payload(send: SendFormat, value: object) -> str | None:
    """The application's message with another JSON value where its payload goes."""
    if isinstance(send.template, str):
        return None
    text = to_json(send.template)  # the placeholder stands in it as a whole JSON string
    whole = json.dumps(PAYLOAD)
    return text.replace(whole, json.dumps(value)) if whole in text else None


def _trial(session: Session, kind: str, texts: tuple[str, ...], clients: list[Client]) -> None:
    villain, bystander, _ = clients
    session.say(bystander, f"routing/{kind}/before", among=clients)
    heard = len(session.fleet.frames(villain))
    for text in texts:
        try:
            session.fleet.mischief(villain, kind, text)
        except TargetFailure:
            break  # recorded; the villain's connection did not survive the text before
    session.say(bystander, f"routing/{kind}/other", among=clients)
    session.say(villain, f"routing/{kind}/same", among=clients)
    if kind == "unknown-action" and session.contract.unknown_action == "error-frame":
        # The route that answers is another one than that of the messages: its answer may come later.
        session.fleet.wait_frame(villain, Deadline(session.bounds.deliver_s), after=heard)
