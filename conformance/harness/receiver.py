"""One thread hears all connections of the process.

A thread (or greenlet) with a socket of its own for each connection costs ten times what a delivery
needs. Here one loop asks which sockets are ready, reads each once into a shared buffer, takes the
frames apart in batches, and looks payloads up rather than parsing them: the copies of a broadcast
are identical.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from reports.history import FrameReceived

from .envelope import Recognizer
from .frames import FrameParser, Message, Opcode, ProtocolError, parse_close
from .message_format import ReceiveFormat
from .readiness import READABLE, Poller, new_poller
from .recorder import Recorder

Delivered: TypeAlias = tuple[int, int, int]
"""(time in ns, message, connection) of one exact delivery."""

_BUFFER = 1 << 18
_CACHED_READ = 1024
"""Longer reads are not looked up whole."""
_CACHE_ENTRIES = 2048


class Connection(Protocol):
    """What the receiver needs of a client."""

    number: int
    parser: FrameParser

    def fileno(self) -> int: ...

    def read_into(self, buffer: memoryview) -> int:
        """As `Transport.read_into`."""

    @property
    def pending(self) -> bool:
        """As `Transport.pending`."""

    def pong(self, data: bytes) -> None:
        """Answer a ping, without waiting."""

    def peer_closed(self, code: int | None, reason: str) -> None:
        """A close frame came: answer it, record the leaving, close the socket."""

    def peer_lost(self, detail: str) -> None:
        """The stream ended or broke without a close frame: record it, close the socket."""


class Receiver:
    """Hears the connections added to it, and records what they hear.

    Either `start` a thread, or wait for `fileno` yourself and call `drain(0)`, which never waits.
    `on_deliveries` gets each drain's exact deliveries at once, `on_frame` every other message, both
    on the receiving thread. Adding and discarding are safe from any thread.
    """

    def __init__(
        self,
        recognizer: Recognizer,
        receive_format: ReceiveFormat,
        recorder: Recorder,
        on_deliveries: Callable[[Sequence[Delivered]], None] | None = None,
        on_frame: Callable[[FrameReceived], None] | None = None,
        poller: Poller | None = None,
    ) -> None:
        self._recognizer = recognizer
        self._format = receive_format
        self._recorder = recorder
        self._on_deliveries = on_deliveries
        self._on_frame = on_frame
        self._poller = poller or new_poller()
        self._connections: dict[int, Connection] = {}
        self._buffer = memoryview(bytearray(_BUFFER))
        self._reads: dict[bytes, tuple[int, ...]] = {}
        """Whole reads, and the messages that they deliver."""
        self._batch: list[Delivered] = []
        self._firsts: deque[tuple[Connection, bytes]] = deque()
        self._wake_read, self._wake_write = os.pipe()
        self._poller.register(self._wake_read, READABLE)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.fault: Exception | None = None
        """What broke the thread: from then on nobody hears anything, and nothing may be judged by that."""

    def add(self, connection: Connection, first: bytes = b"") -> None:
        """Hear this connection from now on; `first` are bytes that were read from it already.

        Raises OSError when the system takes no more descriptors to wait for.
        """
        if not first:
            self._register(connection)
            return
        # Registered by `drain`, after it has taken these bytes: they come before any that it reads.
        self._firsts.append((connection, first))
        os.write(self._wake_write, b"\0")

    def discard(self, connection: Connection) -> None:
        """Hear it no more; must come before its socket is closed. A second call does nothing."""
        descriptor = connection.fileno()
        if self._connections.get(descriptor) is connection:
            del self._connections[descriptor]
            self._poller.unregister(descriptor)

    def fileno(self) -> int:
        """Readable whenever `drain` has something to do."""
        return self._poller.fileno()

    def drain(self, timeout_s: float = 0.0) -> int:
        """Read every ready connection once; wait at most so long for the first. Returns deliveries."""
        ready = self._poller.poll(timeout_s)
        while self._firsts:
            newcomer, first = self._firsts.popleft()
            self._heard(newcomer, first, time.monotonic_ns())
            self._register(newcomer)
        connections = self._connections
        for descriptor, _ in ready:
            connection = connections.get(descriptor)
            if connection is not None:
                self._read(connection)
            elif descriptor == self._wake_read:
                os.read(descriptor, _BUFFER)
        return self._hand_over()

    def start(self) -> None:
        """Drain on a thread until `stop`."""
        # A daemon, so that a harness that dies does not hang on it.
        self._thread = threading.Thread(target=self.run, name="receiver", daemon=True)
        self._thread.start()

    def run(self) -> None:
        """Drain until `stop`, or until a fault of ours, which is kept in `fault`."""
        while not self._stopping.is_set():
            try:
                self.drain(1.0)
            except Exception as error:  # noqa: BLE001 - kept for those who act on it, on other threads
                self.fault = error
                return

    def stop(self) -> None:
        """Stop for good and let go of the descriptors; the connections stay open."""
        self._stopping.set()
        os.write(self._wake_write, b"\0")
        if self._thread is not None:
            self._thread.join()
        self._poller.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _register(self, connection: Connection) -> None:
        descriptor = connection.fileno()
        if descriptor < 0:
            return  # closed already
        try:
            self._poller.register(descriptor, READABLE)
        except OSError as error:
            if error.errno == errno.EBADF:
                return  # closed by another thread in between
            raise
        self._connections[descriptor] = connection

    def _read(self, connection: Connection) -> None:
        buffer = self._buffer
        while True:
            try:
                count = connection.read_into(buffer)
            except BlockingIOError:
                return
            except OSError as error:
                connection.peer_lost(error.strerror or str(error))
                return
            if not count:
                connection.peer_lost("the stream ended without a close frame")
                return
            now = time.monotonic_ns()
            data = bytes(buffer[:count])
            known = self._reads.get(data) if count <= _CACHED_READ and connection.parser.idle else None
            if known is None:
                self._heard(connection, data, now)
            else:
                number = connection.number
                for message in known:
                    self._batch.append((now, message, number))
            if not connection.pending:
                return

    def _heard(self, connection: Connection, data: bytes, now: int) -> None:
        whole = connection.parser.idle
        violation: ProtocolError | None = None
        try:
            messages = connection.parser.feed(data)
        except ProtocolError as error:
            messages, violation = error.before, error
        before = len(self._batch)
        lasting = True
        for message in messages:
            lasting &= self._take(connection, message, now)
            if message.opcode == Opcode.CLOSE:
                return  # what follows a close frame is nothing (RFC 6455 section 1.4)
        if violation is not None:
            connection.peer_lost(f"the server broke RFC 6455: {violation}")
        elif whole and lasting and connection.parser.idle and len(data) <= _CACHED_READ:
            self._remember(data, tuple(message for _, message, _ in self._batch[before:]))

    def _remember(self, data: bytes, messages: tuple[int, ...]) -> None:
        if len(self._reads) >= _CACHE_ENTRIES:
            self._reads = {}
        self._reads[data] = messages

    def _take(self, connection: Connection, message: Message, now: int) -> bool:
        """Record one message or control frame; True if its bytes will always mean just this delivery."""
        opcode, data = message
        if opcode == Opcode.TEXT:
            return self._take_text(connection, data, now)
        if opcode == Opcode.PING:
            connection.pong(data)
        elif opcode == Opcode.CLOSE:
            connection.peer_closed(*parse_close(data))
        elif opcode == Opcode.BINARY:
            self._take_other(connection, data.decode("utf-8", "backslashreplace"), len(data), now)
        return False

    def _take_text(self, connection: Connection, data: bytes, now: int) -> bool:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self._take_other(connection, data.decode("utf-8", "backslashreplace"), len(data), now)
            connection.peer_lost("the server broke RFC 6455: text that is not UTF-8 (close code 1007)")
            return False
        payload = self._format.payload(text)
        if payload is not None:
            recognition = self._recognizer.recognise(payload)
            if recognition.exact and recognition.message is not None:
                self._batch.append((now, recognition.message, connection.number))
                return recognition.lasting
        self._take_other(connection, text, len(data), now)
        return False

    def _take_other(self, connection: Connection, text: str, size: int, now: int) -> None:
        named = self._recognizer.recognise(text).message
        event = self._recorder.frame_received(connection.number, text, size, now, named)
        if self._on_frame is not None:
            self._on_frame(event)

    def _hand_over(self) -> int:
        batch = self._batch
        if not batch:
            return 0
        self._batch = []
        self._recorder.deliveries(batch)
        if self._on_deliveries is not None:
            self._on_deliveries(batch)
        return len(batch)
