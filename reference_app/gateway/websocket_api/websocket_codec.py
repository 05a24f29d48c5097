"""One WebSocket connection's bytes, without I/O: what the client sent, and the frames to send (RFC 6455).

The framing is the `websockets` library's; this module adds what is API Gateway's own: its size limits (RT-51
to RT-53), its close codes, and that binary frames end the connection (RT-50).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from websockets.frames import Close, CloseCode, Frame, Opcode
from websockets.protocol import Protocol, Side, State

from reference_app.gateway.websocket_api import close_causes
from reference_app.gateway.websocket_api.close_causes import Ending

if TYPE_CHECKING:
    from websockets.extensions import Extension

    from reference_app.gateway.unknowns import Unknowns

_LOGGER = logging.getLogger(__name__)


class WebSocketCodec:
    """Feed it bytes, take the messages, and write out what `outgoing` returns after every call."""

    def __init__(self, unknowns: Unknowns, is_congested: Callable[[], bool]) -> None:
        """`is_congested` tells whether so much waits for the client that PINGs go unanswered for now."""
        self._unknowns = unknowns
        self._frames = _Frames(unknowns, is_congested)

    @property
    def ending(self) -> Ending | None:
        """How the connection has ended, as far as frames tell."""
        return self._frames.ending

    @property
    def client_has_closed(self) -> bool:
        """Whether the client's close frame has come, so that nothing more is to be read."""
        return self._frames.close_rcvd is not None

    def extend(self, extension: Extension) -> None:
        """Let every frame pass through an extension that the handshake has agreed upon."""
        self._frames.extensions = [extension]

    def receive(self, data: bytes) -> list[str]:
        """Take bytes from the client and return the text messages that they complete."""
        self._frames.receive_data(data)
        messages, self._frames.messages = self._frames.messages, []
        return messages

    def take_ping(self) -> bool:
        """Tell whether a PING has come since the last call (RT-59)."""
        pinged, self._frames.pinged = self._frames.pinged, False
        return pinged

    def send(self, payload: bytes) -> None:
        """Send one message, unless a close frame has gone out already.

        `non_utf8_post` and `large_post` say how a body travels where AWS leaves it open (Q-17).
        """
        if self._frames.state is not State.OPEN:
            return
        opcode = Opcode.TEXT
        try:
            payload.decode()
        except UnicodeDecodeError:
            if self._unknowns.non_utf8_post == "binary":
                opcode = Opcode.BINARY
            else:
                payload = payload.decode(errors="replace").encode()
        size = self._unknowns.frame_limit_bytes if self._unknowns.large_post == "split" else len(payload)
        starts = range(0, len(payload), size) if payload else (0,)
        for start in starts:
            end = start + size
            fin = end >= len(payload)
            self._frames.send_frame(Frame(opcode if start == 0 else Opcode.CONT, payload[start:end], fin))

    def close(self, ending: Ending) -> None:
        """Send the close frame of an ending by the gateway, unless one has gone out already."""
        if ending.wire is not None and self._frames.state is State.OPEN:
            self._frames.ending = ending
            self._frames.send_close(ending.wire.code, ending.wire.reason)

    def outgoing(self) -> list[bytes]:
        """Return the bytes to write; an empty one means that nothing will ever follow."""
        return self._frames.data_to_send()


class _Frames(Protocol):
    """The server side of RFC 6455 with API Gateway's reactions to what it does not like."""

    def __init__(self, unknowns: Unknowns, is_congested: Callable[[], bool]) -> None:
        limits = (unknowns.message_limit_bytes, unknowns.frame_limit_bytes)
        super().__init__(Side.SERVER, max_size=limits, logger=_LOGGER)
        self.ending: Ending | None = None
        self.messages: list[str] = []
        self.pinged = False
        self._unknowns = unknowns
        self._is_congested = is_congested
        self._fragments: list[bytes] = []

    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.BINARY:
            self.fail(CloseCode.UNSUPPORTED_DATA)
            return
        if frame.opcode is Opcode.CLOSE:
            self.current_size = None  # RFC 6455 section 5.4: it may come amid the fragments of a message
        super().recv_frame(frame)
        self.events.clear()
        if frame.opcode is Opcode.TEXT or frame.opcode is Opcode.CONT:
            self._collect(frame)
        elif frame.opcode is Opcode.PING:
            self.pinged = True
        elif frame.opcode is Opcode.CLOSE and self.ending is None and self.close_rcvd is not None:
            close = self.close_rcvd
            self.ending = close_causes.closed_by_client(close.code, close.reason, self._unknowns)

    def _collect(self, frame: Frame) -> None:
        if frame.data:
            self._fragments.append(bytes(frame.data))
        if frame.fin:
            message, self._fragments = b"".join(self._fragments), []
            # The base class turns the UnicodeDecodeError of text that is not UTF-8 into fail(1007).
            self.messages.append(message.decode())

    def send_frame(self, frame: Frame) -> None:
        # RFC 6455 section 5.5.3: not every PING needs its PONG; a client that does not read gets none.
        if frame.opcode is not Opcode.PONG or not self._is_congested():
            super().send_frame(frame)

    def fail(self, code: CloseCode | int, reason: str = "") -> None:
        """Close because of what the client sent, with API Gateway's code and reason for the cause."""
        ending = self._cause(code)
        if self.ending is None:
            self.ending = ending
        wire = ending.wire or Close(code, reason)
        super().fail(wire.code, wire.reason)

    def _cause(self, code: int) -> Ending:
        match code:
            case CloseCode.UNSUPPORTED_DATA:
                return close_causes.binary_frame(self._unknowns)
            case CloseCode.MESSAGE_TOO_BIG:
                return close_causes.too_big(self._unknowns)
            case CloseCode.INVALID_DATA:
                return close_causes.invalid_text(self._unknowns)
            case _:
                return close_causes.protocol_error(self._unknowns)
