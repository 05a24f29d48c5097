"""One thread hears all connections of the process.

A thread (or greenlet) with a socket of its own for each connection costs ten times what a delivery
needs. Here one loop asks which sockets are ready, reads each once, takes the frames apart in batches,
and looks reads up rather than parsing them: the copies of a broadcast are identical.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from reports.history import Deliveries, FrameReceived

from .envelope import Recognizer
from .frames import FrameParser, Message, Opcode, ProtocolError, parse_close
from .heard import Heard
from .message_format import ReceiveFormat
from .read_size import READ, Pressure, ReadSize
from .readiness import READABLE, Poller, new_poller
from .receive_backlog import ReceiveBacklog
from .receive_times import (
    ANCILLARY_BYTES,
    KERNEL_TIMES,
    ReceiveTimes,
    Stamp,
    read_at,
    system_clock_ahead_ns,
    time_of,
)
from .recorder import Recorder
from .transport import Transport

_READ_ON = 1 << 18
"""Bytes of a second read, where the first one ended inside a message."""
_CACHED_READ = 1024
"""Longer reads are not looked up."""
_CACHE_ENTRIES = 2048
_MOST_HELD = 16384
"""Reads, whatever `hold` says."""


class Connection(Protocol):
    """What the receiver needs of a client."""

    number: int
    parser: FrameParser

    @property
    def transport(self) -> Transport: ...

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

    `alone` is for those whose every call comes from one thread: it reads without locks, and gathers
    deliveries until `hand_over` is called, or very many are there.
    """

    def __init__(
        self,
        recognizer: Recognizer,
        receive_format: ReceiveFormat,
        recorder: Recorder,
        on_deliveries: Callable[[Deliveries], None] | None = None,
        on_frame: Callable[[FrameReceived], None] | None = None,
        poller: Poller | None = None,
        *,
        alone: bool = False,
        times: ReceiveTimes = "read",
    ) -> None:
        self._recognizer = recognizer
        self._format = receive_format
        self._recorder = recorder
        self._on_deliveries = on_deliveries
        self._on_frame = on_frame
        self._poller = poller or new_poller()
        self.alone = alone
        self.stamped = times == "kernel" and KERNEL_TIMES
        """Whether the kernel is asked when messages came."""
        self._ears: dict[int, _Ear] = {}
        self._torn: set[int] = set()
        """Descriptors whose last read ended inside a message."""
        self._reads: dict[bytes, tuple[int, ...]] = {}
        """Whole reads, and the messages that they deliver."""
        self._read_size = ReadSize()
        self._pressure = Pressure()
        self.backlog = ReceiveBacklog()
        self._heard = Heard()
        self._ahead_ns = system_clock_ahead_ns()
        self._firsts: deque[tuple[Connection, bytes]] = deque()
        self._wake_read, self._wake_write = os.pipe()
        self._poller.register(self._wake_read, READABLE)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.fault: Exception | None = None
        """What broke those who drain: from then on nobody hears anything, and nothing may be judged by it."""

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
        descriptor = connection.transport.fileno()
        ear = self._ears.get(descriptor)
        if ear is not None and ear.connection is connection:
            del self._ears[descriptor]
            self._torn.discard(descriptor)
            self._poller.unregister(descriptor)

    def fileno(self) -> int:
        """Readable whenever `drain` has something to do."""
        return self._poller.fileno()

    def drain(self, timeout_s: float = 0.0) -> int:
        """Read all that is ready; wait at most so long for the first. Returns the reads that delivered."""
        ready = self._poller.poll(timeout_s)
        while self._firsts:
            newcomer, first = self._firsts.popleft()
            self._understand(newcomer, first, self._read_now())
            self._register(newcomer)
        before, began_ns = len(self._heard), time.monotonic_ns()
        again = [descriptor for descriptor, _ in ready]
        while again:
            again = self._read(again)
        ended_ns = time.monotonic_ns()
        self._pressure.round(began_ns, ended_ns)
        delivered = len(self._heard) - before
        if delivered:
            self.backlog.round(began_ns, ended_ns, time_of(self._heard.stamps[before], self._ahead_ns))
        if not self.alone or len(self._heard) > _MOST_HELD:
            self.hand_over()
        return delivered

    def hand_over(self) -> None:
        """Record what was gathered, and tell `on_deliveries` of it; on the receiving thread only."""
        self._ahead_ns = system_clock_ahead_ns()
        if not len(self._heard):
            return
        heard, self._heard = self._heard, Heard()
        rows = heard.rows(self._ahead_ns)
        self._recorder.deliveries(rows)
        if self._on_deliveries is not None:
            self._on_deliveries(rows)

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
        """Stop for good, hand over, and let go of the descriptors; the connections stay open."""
        self._stopping.set()
        os.write(self._wake_write, b"\0")
        if self._thread is not None:
            self._thread.join()
        self.hand_over()
        self._poller.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _register(self, connection: Connection) -> None:
        transport = connection.transport
        descriptor = transport.fileno()
        if descriptor < 0:
            return  # closed already
        try:
            reader = transport.stamped_reader if self.stamped else transport.reader
            ahead = transport if transport.reads_ahead else None
            ear = _Ear(reader(), connection, connection.number, ahead)
            self._poller.register(descriptor, READABLE)
        except OSError as error:
            if error.errno == errno.EBADF:
                return  # closed by another thread in between
            raise
        self._ears[descriptor] = ear

    def _read(self, ready: Sequence[int]) -> list[int]:
        """Read each of these once; returns those that have more than epoll knows of.

        Every delivery passes here: what is a name of this function costs less than an attribute.
        """
        ears, reads, torn, stamped, clock = (
            self._ears,
            self._reads,
            self._torn,
            self.stamped,
            time.monotonic_ns,
        )
        stamps, messages, connections = self._heard.stamps, self._heard.messages, self._heard.connections
        whole = (READ, ANCILLARY_BYTES) if stamped else (READ,)
        single = (self._read_size.size, ANCILLARY_BYTES) if stamped and not self._pressure.high else whole
        again = []
        for descriptor in ready:
            ear = ears.get(descriptor)
            if ear is None:
                if descriptor == self._wake_read:
                    os.read(descriptor, READ)
                continue
            read, connection, number, ahead = ear
            sizes = single if ahead is None else whole  # what was read ahead has one time anyway
            try:
                data = read(*sizes)
            except BlockingIOError:
                continue
            except OSError as error:
                connection.peer_lost(error.strerror or str(error))
                continue
            stamp: Stamp
            if stamped:
                data, ancillary, _, _ = data
                stamp = ancillary[0][2] if ancillary else read_at(clock())
            else:
                stamp = clock()
            known = reads.get(data)
            if known is not None and descriptor not in torn:
                stamps.append(stamp)
                messages.append(known)
                connections.append(number)
            elif not data:
                connection.peer_lost("the stream ended without a close frame")
                continue
            else:
                self._understand(connection, data, stamp)
                if len(data) == sizes[0] and descriptor in torn:
                    self._read_on(ear, stamp)
            if ahead is not None and ahead.pending:
                again.append(descriptor)
        return again

    def _read_on(self, ear: _Ear, stamp: Stamp) -> None:
        """Read what a first read has left; the end of the stream, or its break, is met at the next one."""
        try:
            got = ear.read(_READ_ON, ANCILLARY_BYTES) if self.stamped else ear.read(_READ_ON)
        except OSError:
            return
        if self.stamped:
            got, ancillary, _, _ = got
            stamp = ancillary[0][2] if ancillary else stamp
        if got:
            self._understand(ear.connection, got, stamp)

    def _read_now(self) -> Stamp:
        now = time.monotonic_ns()
        return read_at(now) if self.stamped else now

    def _understand(self, connection: Connection, data: bytes, stamp: Stamp) -> None:
        """Take a read apart; remember what it delivers if the same bytes will always deliver it."""
        parser = connection.parser
        lasting = parser.idle and len(data) <= _CACHED_READ
        violation: ProtocolError | None = None
        try:
            messages = parser.feed(data)
        except ProtocolError as error:
            messages, violation = error.before, error
        self._note_torn(connection.transport.fileno(), torn=not parser.idle)
        delivered: list[int] = []
        for message in messages:
            lasting &= self._take(connection, message, stamp, delivered)
            if message.opcode == Opcode.CLOSE:
                break  # what follows a close frame is nothing (RFC 6455 section 1.4)
        else:
            if violation is not None:
                connection.peer_lost(f"the server broke RFC 6455: {violation}")
            elif lasting and parser.idle:
                self._remember(data, tuple(delivered))
                if len(messages) == 1:
                    self._read_size.learn(len(data))
        if delivered:
            self._heard.stamps.append(stamp)
            self._heard.messages.append(tuple(delivered))
            self._heard.connections.append(connection.number)

    def _note_torn(self, descriptor: int, *, torn: bool) -> None:
        if torn:
            self._torn.add(descriptor)
        else:
            self._torn.discard(descriptor)

    def _remember(self, data: bytes, messages: tuple[int, ...]) -> None:
        if len(self._reads) >= _CACHE_ENTRIES:
            self._reads.clear()  # and not a new one: `_read` is at work with this
        self._reads[data] = messages

    def _take(self, connection: Connection, message: Message, stamp: Stamp, delivered: list[int]) -> bool:
        """Take one message or control frame; True if its bytes will always mean just this delivery."""
        opcode, data = message
        if opcode == Opcode.TEXT:
            return self._take_text(connection, data, stamp, delivered)
        if opcode == Opcode.PING:
            connection.pong(data)
        elif opcode == Opcode.CLOSE:
            connection.peer_closed(*parse_close(data))
        elif opcode == Opcode.BINARY:
            self._take_other(connection, data.decode("utf-8", "backslashreplace"), len(data), stamp)
        return False

    def _take_text(self, connection: Connection, data: bytes, stamp: Stamp, delivered: list[int]) -> bool:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self._take_other(connection, data.decode("utf-8", "backslashreplace"), len(data), stamp)
            connection.peer_lost("the server broke RFC 6455: text that is not UTF-8 (close code 1007)")
            return False
        payload = self._format.payload(text)
        if payload is not None:
            recognition = self._recognizer.recognise(payload)
            if recognition.exact and recognition.message is not None:
                delivered.append(recognition.message)
                return recognition.lasting
        self._take_other(connection, text, len(data), stamp)
        return False

    def _take_other(self, connection: Connection, text: str, size: int, stamp: Stamp) -> None:
        named = None if self._format.tells_other(text) else self._recognizer.recognise(text).message
        at_ns = time_of(stamp, self._ahead_ns)
        event = self._recorder.frame_received(connection.number, text, size, at_ns, named)
        if self._on_frame is not None:
            self._on_frame(event)


class _Ear(NamedTuple):
    """How one connection is heard."""

    read: Callable[..., Any]
    """`Reader` or `StampedReader`."""
    connection: Connection
    number: int
    ahead: Transport | None
    """The connection's, if it reads ahead."""
