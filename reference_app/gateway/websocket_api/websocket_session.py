"""One client's socket from its handshake request to its end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from reference_app.gateway.websocket_api.websocket_codec import WebSocketCodec

if TYPE_CHECKING:
    from websockets.extensions import Extension

    from reference_app.gateway.unknowns import Unknowns
    from reference_app.gateway.websocket_api.close_causes import Ending

CLOSE_TIMEOUT_S = 5.0
"""How long a client may take to end the TCP connection after a close frame; then it is aborted."""
MAX_PENDING_MESSAGES = 1000
"""Messages of one client that may be with functions at a time; above, its socket is not read."""
_EARLY_LIMIT = 1 << 18


class SessionOwner(Protocol):
    """Hears what the client does. Every call comes from the event loop."""

    def received(self, text: str) -> None:
        """A message came; `WebSocketSession.message_done` must follow once it has been dealt with."""

    def pinged(self) -> None:
        """A PING came and has been answered."""

    def closed(self, ending: Ending) -> None:
        """A close frame came, or had to be sent because the client broke the rules."""

    def lost(self) -> None:
        """The TCP connection has ended, in whatever way; the last call."""


class WebSocketSession(asyncio.Protocol):
    """Takes a socket over from HTTP while `$connect` runs, and keeps it until it ends."""

    def __init__(self, transport: asyncio.Transport, unknowns: Unknowns, early: bytes) -> None:
        """`early` is what the client sent behind its handshake request."""
        self._transport = transport
        self._buffer_limit = unknowns.outbound_buffer_bytes
        self._codec = WebSocketCodec(unknowns, self._is_congested)
        self._owner: SessionOwner | None = None
        self._early = bytearray(early)
        self._upgraded = False
        self._closing = False
        self._deadline: asyncio.TimerHandle | None = None
        self._pending = 0

    def attach(self, owner: SessionOwner) -> None:
        """Name the owner and start to listen to the socket."""
        self._owner = owner
        self._transport.set_protocol(self)

    def upgrade(self, acceptance: bytes, extension: Extension | None = None) -> None:
        """Send the 101; then take what the client sent without waiting for it.

        Every frame passes through `extension`, in both directions.
        """
        if extension is not None:
            self._codec.extend(extension)
        self._transport.write(acceptance)
        self._upgraded = True
        early, self._early = bytes(self._early), bytearray()
        if early:
            self.data_received(early)

    def refuse(self, answer: bytes) -> None:
        """Answer the handshake with something else than 101 and end the TCP connection."""
        self._closing = True
        self._transport.write(answer)
        self._transport.close()

    def send(self, payload: bytes) -> bool:
        """Queue one message; return False when more waits for this client than one may make wait (MG-17)."""
        if self._is_congested():
            return False
        self._codec.send(payload)
        self._flush()
        return True

    def close(self, ending: Ending) -> None:
        self._codec.close(ending)
        self._flush()
        self._expect_end()

    def abort(self) -> None:
        """End the TCP connection at once, with whatever waits."""
        self._transport.abort()

    def message_done(self) -> None:
        self._pending -= 1
        if self._pending == MAX_PENDING_MESSAGES - 1 and not self._transport.is_closing():
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        if not self._upgraded:
            self._hold_back(data)
            return
        messages = self._codec.receive(data)
        self._flush()
        if self._closing or self._owner is None:
            return
        for text in messages:
            self._take(text, self._owner)
        if self._codec.take_ping():
            self._owner.pinged()
        if self._codec.ending is not None:
            self._expect_end()
            self._owner.closed(self._codec.ending)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - RST and FIN: DC-25
        self._closing = True
        if self._deadline is not None:
            self._deadline.cancel()
        if self._owner is not None:
            self._owner.lost()
            self._owner = None

    def _hold_back(self, data: bytes) -> None:
        self._early += data
        if len(self._early) > _EARLY_LIMIT:
            self._transport.abort()

    def _take(self, text: str, owner: SessionOwner) -> None:
        self._pending += 1
        if self._pending == MAX_PENDING_MESSAGES:
            self._transport.pause_reading()
        owner.received(text)

    def _is_congested(self) -> bool:
        return self._transport.get_write_buffer_size() > self._buffer_limit

    def _flush(self) -> None:
        for data in self._codec.outgoing():
            if data:
                self._transport.write(data)
            elif self._transport.can_write_eof():
                self._transport.write_eof()
            elif self._codec.client_has_closed:
                # TLS knows no half-close. Nothing unread is left that could turn this close into a reset and
                # so overtake the close frame.
                self._transport.close()

    def _expect_end(self) -> None:
        if not self._closing:
            self._closing = True
            self._deadline = asyncio.get_running_loop().call_later(CLOSE_TIMEOUT_S, self._transport.abort)
