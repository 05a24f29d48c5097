"""A short look before anything runs: can the target be spoken to at all, and in the words given?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from reports.history import FrameReceived
from reports.redaction import redact, redact_all

from .client import Client
from .deadline import Deadline
from .errors import HandshakeBroken, HandshakeRefused, TargetFailure, UsageError
from .fleet import Fleet
from .identify import connection_id_in
from .message_format import USUAL_SEND, SendFormat, receive_for, to_toml
from .target_file import Routing

GROUP = "wiring"
_EXCERPT = 200
_MARKER = "churnproof speaks as most applications do"

_MEANINGS = {
    400: "the handshake does not suit the backend, or its $connect function answered 400 (HS-8)",
    401: "an authorizer wants something that was not sent (HS-18): see [handshake] headers and query",
    403: "an authorizer or an API key said no, or there is no such stage (HS-17, HS-26)",
    404: "nothing is served under that path: check host and stage",
    426: "the server does not take this for a WebSocket handshake: check host and stage (HS-27)",
    429: "the API or the account is throttled (HS-24, LM-1)",
    500: "the $connect function answered 500 (HS-8)",
    502: "the $connect function failed or gave no valid result (HS-9, HS-10): see its log",
    503: "the service behind the host is not available",
    504: "the $connect function did not answer in time (HS-11)",
}


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the look has shown."""

    routed: bool
    """False when the API has no route for the messages: then nothing else can be judged."""
    heard: bool
    """True when the message came back as it was sent."""
    remarks: tuple[str, ...] = ()
    """What is odd, in sentences for the user."""


def check_wiring(fleet: Fleet) -> Wiring:
    """Connect, and send one message.

    Raises UsageError when no client can connect, and where `[message]` certainly is what is wrong.
    """
    try:
        with _two_ends(fleet) as (speaker, listener):
            wiring = _speak(fleet, speaker, listener)
        if not wiring.heard:
            _check_send(fleet)
    except UsageError as error:
        raise UsageError(redact(str(error), fleet.target.secrets)) from error.__cause__
    return replace(wiring, remarks=redact_all(wiring.remarks, fleet.target.secrets))


@contextmanager
def _two_ends(fleet: Fleet) -> Iterator[tuple[Client, Client]]:
    """One who speaks and one who should hear it: the same client, where senders hear themselves."""
    clients = [_connect(fleet)]
    try:
        if not fleet.target.contract.echo_to_sender:
            clients.append(_connect(fleet))
        yield clients[0], clients[-1]
    finally:
        for client in clients:
            client.close()


def _connect(fleet: Fleet) -> Client:
    try:
        return fleet.connect(GROUP)
    except HandshakeRefused as refusal:
        meaning = _MEANINGS.get(refusal.status or 0, "")
        parts = [str(refusal), meaning, _stage_advice(fleet.target.url)]
        raise UsageError("; ".join(part for part in parts if part)) from refusal
    except HandshakeBroken as broken:
        url = fleet.target.url
        advice = "; is it wss:// rather than ws://?" if url.startswith("ws://") else ""
        raise UsageError(f"{broken}{advice}") from broken
    except TargetFailure as failure:
        raise UsageError(str(failure)) from failure


def _stage_advice(url: str) -> str:
    parts = urlsplit(url)
    if ".execute-api." in (parts.hostname or "") and not parts.path.strip("/"):
        return "the URL of an API Gateway API ends with the stage, as in wss://…amazonaws.com/prod (HS-3)"
    return ""


def _speak(fleet: Fleet, speaker: Client, listener: Client) -> Wiring:
    seen = {client.number: len(fleet.frames(client)) for client in (speaker, listener)}
    try:
        message = fleet.broadcast(speaker, GROUP)
    except TargetFailure as failure:
        return Wiring(routed=True, heard=False, remarks=(f"the first message could not be sent: {failure}",))
    deadline = Deadline(fleet.target.bounds.deliver_s)
    frame = _first_sign(fleet, message, speaker, listener, seen, deadline)
    if listener.number in fleet.heard(message):
        return Wiring(routed=True, heard=True)
    if frame is not None:
        _check_receive(fleet, frame)
    return _unheard(fleet, speaker, frame)


def _first_sign(
    fleet: Fleet, message: int, speaker: Client, listener: Client, seen: dict[int, int], deadline: Deadline
) -> FrameReceived | None:
    """Wait until the listener has heard the message, or one of the two another frame: that is returned."""

    def frame() -> FrameReceived | None:
        for client in (listener, speaker):
            frames = fleet.frames(client)
            if len(frames) > seen[client.number]:
                return frames[seen[client.number]]
        return None

    fleet.wait_until(lambda: listener.number in fleet.heard(message) or frame() is not None, deadline)
    return frame()


def _check_receive(fleet: Fleet, frame: FrameReceived) -> None:
    """Raise UsageError where the payload is whole, and in another place than `receive` says."""
    found = receive_for(frame.text, lambda text: fleet.recognizer.recognise(text).exact)
    if found is not None:
        raise UsageError(
            f"the message came as {frame.text[:_EXCERPT]!r}, and {_receive(fleet)} does not find the payload "
            f"in it: in a target file, or in the one of --contract, say [message] receive = {to_toml(found)}"
        )


def _check_send(fleet: Fleet) -> None:
    """Raise UsageError where the usual message is broadcast, and the one of `[message] send` is not."""
    send, usual = fleet.target.send, SendFormat(USUAL_SEND)
    if send.template == usual.template:
        return
    with _two_ends(fleet) as (speaker, listener):
        try:
            fleet.mischief(speaker, "usual-message", usual.render(_MARKER))
        except TargetFailure:
            return  # recorded by the fleet

        def is_heard() -> bool:
            return any(
                fleet.target.receive.payload(frame.text) == _MARKER for frame in fleet.frames(listener)
            )

        if fleet.wait_until(is_heard, Deadline(fleet.target.bounds.deliver_s)):
            raise UsageError(
                f"{send.render('…')[:_EXCERPT]} is not broadcast, and {usual.render('…')} is: "
                "correct [message] send in the target file, or leave it out"
            )


def _unheard(fleet: Fleet, speaker: Client, frame: FrameReceived | None) -> Wiring:
    send = fleet.target.send
    sent = send.render("…")[:_EXCERPT]
    if frame is None:
        if not speaker.is_open:
            remark = f"the connection was closed when {sent} was sent"
        else:
            within = f"within {fleet.target.bounds.deliver_s:g} s"
            remark = f"nothing came back {within} after {sent}; is this how the application is spoken to?"
        return Wiring(routed=True, heard=False, remarks=(remark,))
    came = frame.text[:_EXCERPT]
    if frame.corrupt_of is not None:
        remark = f"the message came as {came!r}, which is not what the receive template expects"
        return Wiring(routed=True, heard=False, remarks=(f"{remark}: {_receive(fleet)}",))
    if connection_id_in(frame.text) and '"Forbidden"' in frame.text:
        return Wiring(routed=False, heard=False, remarks=(_mismatch(send, sent, fleet.target.routing),))
    return Wiring(routed=True, heard=False, remarks=(f"{sent} was answered with {came!r}",))


def _receive(fleet: Fleet) -> str:
    return f"[message] receive = {to_toml(fleet.target.receive.template)}"


def _mismatch(send: SendFormat, sent: str, routing: Routing | None) -> str:
    said = f"the API does not route {sent}: it answers Forbidden (RT-20)"
    if routing is not None:
        keys = ", ".join(key for key in routing.routes if key not in ("$connect", "$disconnect")) or "none"
        return (
            f"{said}; its RouteSelectionExpression is {routing.expression}, and its routes for messages are: "
            f"{keys}. Deploy the route that the messages carry, or set [message] send to what the "
            "application's own clients send (--contract FILE)"
        )
    if not send.action_keys:
        return f"{said}; it has no $default route, and the message names no action"
    expression = " or ".join(f"$request.body.{key}" for key in send.action_keys)
    return (
        f"{said}; its RouteSelectionExpression probably is not {expression}, "
        "or no route has that key: deploy the one that the messages carry, or set [message] send"
    )
