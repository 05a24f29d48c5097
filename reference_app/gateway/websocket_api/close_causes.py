"""How a connection ends: what the client sees on the wire and what `$disconnect` is told (DC-20 to DC-26)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_app.gateway.unknowns import Unknowns

GOING_AWAY = "Going away"
NO_STATUS = 1005


@dataclass(frozen=True)
class WireClose:
    """A close frame that the gateway sends of its own accord."""

    code: int
    reason: str


@dataclass(frozen=True)
class Ending:
    """One end of a connection."""

    status_code: int
    """`disconnectStatusCode` (EV-22)."""
    reason: str
    """`disconnectReason` (EV-28)."""
    wire: WireClose | None
    """The close frame to send; None when the client has closed or is gone."""


def closed_by_client(code: int, reason: str, unknowns: Unknowns) -> Ending:
    """Ending by the client's close frame; `code` is 1005 for a frame without one (DC-20, DC-21, DC-24)."""
    if code == NO_STATUS:
        return Ending(NO_STATUS, "Client-side close frame status not set", None)
    return Ending(code, reason if unknowns.client_close_reason == "passed-on" else "", None)


def abrupt(unknowns: Unknowns) -> Ending:
    """Ending without a close frame: RST, or FIN alone (DC-25)."""
    return Ending(unknowns.abrupt_close_code, unknowns.abrupt_close_reason, None)


def idle() -> Ending:
    """Ten minutes without a message (LM-3, LM-17, DC-22)."""
    return _by_gateway(1001, GOING_AWAY)


def too_old(unknowns: Unknowns) -> Ending:
    """Two hours after the handshake (LM-4, LM-18)."""
    return _by_gateway(unknowns.duration_close_code, unknowns.duration_close_reason)


def service_stopped() -> Ending:
    """The gateway stops; AWS's own maintenance closes connections too (DC-3)."""
    return _by_gateway(1001, GOING_AWAY)


def deleted(unknowns: Unknowns) -> Ending:
    """`DELETE @connections` (DC-23, MG-27, MG-28)."""
    return Ending(1000, "Connection Closed Normally", WireClose(1000, unknowns.delete_close_reason))


def binary_frame(unknowns: Unknowns) -> Ending:
    """The client sent a binary frame (RT-50, DC-26)."""
    return _refused_frame(1003, unknowns.binary_close_reason, unknowns)


def too_big(unknowns: Unknowns) -> Ending:
    """The client sent a frame or a message above the limits (RT-51, DC-26)."""
    return _refused_frame(1009, unknowns.too_big_close_reason, unknowns)


def invalid_text(unknowns: Unknowns) -> Ending:
    """The client sent text that is not UTF-8 (RT-60)."""
    return _by_gateway(unknowns.invalid_utf8_close_code, "")


def protocol_error(unknowns: Unknowns) -> Ending:
    """The client broke RFC 6455: reserved bits, missing mask, bad opcode (RT-60)."""
    return _by_gateway(unknowns.protocol_error_close_code, "")


def _refused_frame(code: int, reason: str, unknowns: Unknowns) -> Ending:
    ending = _by_gateway(code, reason)
    if unknowns.refused_frame_told == "as-sent":
        return ending
    return replace(abrupt(unknowns), wire=ending.wire)


def _by_gateway(code: int, reason: str) -> Ending:
    return Ending(code, reason, WireClose(code, reason))
