"""One WebSocket client: connects, speaks, and leaves in every way a client can."""

from __future__ import annotations

import os
import threading

from reports.history import Leaving

from .deadline import Deadline
from .errors import ConnectionLost, HarnessError, TargetFailure
from .frames import FrameParser, Opcode, close_payload, encode_frame
from .handshake import Dialer, Opened
from .locking import new_lock
from .receiver import Receiver
from .recorder import Recorder
from .transport import Transport

CONNECT_S = 35.0
"""`$connect` may take its integration's timeout, 29 s (HS-5, LM-7)."""
SEND_S = 10.0
CLOSE_S = 5.0
FRAME_LIMIT = 32 * 1024
"""Bytes; a longer frame breaks the connection (RT-51), so longer messages go out fragmented."""


def connect(
    dialer: Dialer, recorder: Recorder, receiver: Receiver, group: str, timeout_s: float = CONNECT_S
) -> Client:
    """Open a connection, recorded from its first byte on and heard by `receiver`.

    Raises TargetFailure when it does not come about, and HarnessError when that is our fault; both
    are recorded too.
    """
    number = recorder.connect_started(group)
    try:
        opened = dialer.open(Deadline(timeout_s))
    except TargetFailure as failure:
        recorder.connect_ended(number, failure.outcome, status=failure.status, detail=str(failure))
        raise
    except HarnessError as error:
        recorder.connect_ended(number, "failed", detail=str(error))
        raise
    client = Client(number, group, opened, recorder, receiver)
    recorder.connect_ended(number, "ok", status=opened.status, source_port=opened.source_port)
    try:
        receiver.add(client, opened.leftover)
    except OSError as error:
        client.abort()
        raise HarnessError(f"cannot hear another connection: {error.strerror}") from error
    return client


class Client:
    """An open connection. Every method may be called from any thread.

    The receiver reads it; this object writes, answers pings and close frames, and records how it
    leaves: one LeaveStarted and one Left, whoever begins.
    """

    __slots__ = (
        "_connection_id",
        "_deaf",
        "_finishing",
        "_gone",
        "_leaving",
        "_left",
        "_lock",
        "_receiver",
        "_recorder",
        "_transport",
        "group",
        "number",
        "parser",
        "source_port",
        "subprotocol",
    )

    def __init__(
        self, number: int, group: str, opened: Opened, recorder: Recorder, receiver: Receiver
    ) -> None:
        self.number = number
        self.group = group
        self.source_port = opened.source_port
        self.subprotocol = opened.subprotocol
        self.parser = FrameParser()
        self._connection_id: str | None = None
        self._transport: Transport = opened.transport
        self._recorder = recorder
        self._receiver = receiver
        self._lock = new_lock(alone=receiver.alone)
        self._leaving: Leaving | None = None
        self._deaf = False
        self._finishing = False
        self._left = False
        self._gone: threading.Event | None = None

    @property
    def is_open(self) -> bool:
        """False from the first sign of leaving, by either side."""
        return self._leaving is None

    @property
    def is_gone(self) -> bool:
        """True when its socket is closed, and that is recorded."""
        return self._left

    @property
    def connection_id(self) -> str | None:
        """The API Gateway connection id, once known."""
        return self._connection_id

    @connection_id.setter
    def connection_id(self, value: str) -> None:
        self._connection_id = value
        self._recorder.identified(self.number, value)

    def send(self, text: str, timeout_s: float = SEND_S) -> None:
        """Send one text message, fragmented where API Gateway demands it (RT-53).

        Returns when the kernel has all of it. Raises ConnectionLost and SendStalled.
        """
        self.send_fragmented(text, FRAME_LIMIT, timeout_s)

    def send_fragmented(self, text: str, frame_bytes: int, timeout_s: float = SEND_S) -> None:
        """Send one text message in frames of at most so many bytes of payload."""
        data = text.encode()
        self.send_raw(_text_frames(data, frame_bytes), timeout_s)

    def send_raw(self, data: bytes, timeout_s: float = SEND_S) -> None:
        """Send bytes as they are, frames or not."""
        if not self.is_open:
            raise ConnectionLost("it was left before the message was sent", outcome="failed")
        self._transport.send(data, Deadline(timeout_s))

    def close(self, code: int = 1000, reason: str = "", timeout_s: float = CLOSE_S) -> None:
        """Close by the close handshake (RFC 6455 section 7); without an answer in time, by FIN."""
        deadline = Deadline(timeout_s)
        self.begin_close(code, reason, deadline)
        self.finish_close(deadline)

    def begin_close(self, code: int, reason: str, deadline: Deadline) -> None:
        """Send the close frame; `finish_close` must follow."""
        with self._lock:
            self._gone = self._gone or threading.Event()
        if not self._begin_leaving("close"):
            return
        frame = encode_frame(Opcode.CLOSE, close_payload(code, reason), os.urandom(4))
        try:
            self._transport.send(frame, deadline)
        except TargetFailure as failure:
            self._finish(None, str(failure))

    def finish_close(self, deadline: Deadline) -> None:
        """Wait for the peer's close frame, then be gone in any case."""
        if self._gone is not None and not self._left and not self._deaf:
            self._gone.wait(deadline.remaining())
        self._finish(None, f"no close frame came back within {deadline.seconds:g} s")

    def abort(self) -> None:
        """Leave by RST, without a close frame (DC-25)."""
        self._begin_leaving("abort")
        self._finish(None, "", reset=True)

    def stop_reading(self) -> None:
        """Go half-open: the socket stays, nothing is read or answered any more (MG-30).

        For the history its leaving begins here, since it can hear nothing from now on; it has `Left` only
        when `abort` or `close` takes the socket away.
        """
        self._begin_leaving("half-open")
        self._deaf = True
        self._receiver.discard(self)

    def pause_reading(self) -> None:
        """Read nothing until `resume_reading`: what comes meanwhile waits in buffers, here and at the peer's.

        For the history it is there all the time. A close frame is met, and answered, only afterwards.
        """
        self._receiver.discard(self)

    def resume_reading(self) -> None:
        self._receiver.add(self)

    # What the receiver calls

    def fileno(self) -> int:
        return self._transport.fileno()

    @property
    def transport(self) -> Transport:
        return self._transport

    def pong(self, data: bytes) -> None:
        self._answer(Opcode.PONG, data)

    def peer_closed(self, code: int | None, reason: str) -> None:
        if self._begin_leaving("peer-close"):
            self._answer(Opcode.CLOSE, b"" if code is None else close_payload(code))
        self._finish(code, reason)

    def peer_lost(self, detail: str) -> None:
        self._begin_leaving("peer-lost")
        self._finish(None, detail)

    def _answer(self, opcode: Opcode, data: bytes) -> None:
        try:
            self._transport.send_soon(encode_frame(opcode, data, os.urandom(4)))
        except ConnectionLost:
            return  # the receiver meets the same end at its next read, and records it

    def _begin_leaving(self, how: Leaving) -> bool:
        with self._lock:
            if self._leaving is not None:
                return False
            # Recorded before the first byte of leaving goes out, under the lock that makes it the first.
            self._recorder.leave_started(self.number, how)
            self._leaving = how
            return True

    def _finish(self, code: int | None, reason: str, *, reset: bool = False) -> None:
        with self._lock:
            if self._finishing:
                return
            self._finishing = True
        self._receiver.discard(self)
        self._transport.close(reset=reset)
        self._recorder.left(self.number, code, reason)
        with self._lock:
            self._left = True
            if self._gone is not None:
                self._gone.set()


def _text_frames(data: bytes, frame_bytes: int) -> bytes:
    if len(data) <= frame_bytes:
        return encode_frame(Opcode.TEXT, data, os.urandom(4))
    frames = []
    for start in range(0, len(data), frame_bytes):
        opcode = Opcode.CONTINUATION if start else Opcode.TEXT
        stop = start + frame_bytes
        frames.append(encode_frame(opcode, data[start:stop], os.urandom(4), fin=stop >= len(data)))
    return b"".join(frames)
