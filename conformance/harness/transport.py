"""The bytes of one connection, over TCP or TLS: reads never wait, writes wait for the peer only.

One thread reads while others write and any of them may close. A lock around each system call keeps
a descriptor from being closed, and its number given to somebody else, in the middle of a call; it
also serves TLS, whose sessions are not safe to use from two threads at once.

The socket is the interpreter's own (`_socket`), not `socket.socket`: gevent replaces that one by a
class whose every call passes through Python code and whose watchers cost memory per connection.
"""

from __future__ import annotations

import _socket
import select
import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar, Protocol, TypeAlias

from .deadline import Deadline
from .errors import ConnectionLost, SendStalled
from .locking import new_lock
from .receive_times import ANCILLARY_BYTES, SO_TIMESTAMPNS

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_TLS_CHUNK = 1 << 16
_LOOK_S = 0.1
"""A writer that waits looks so often whether the connection was closed meanwhile."""


Reader: TypeAlias = Callable[[int], bytes]
Stamped: TypeAlias = tuple[bytes, list[tuple[int, int, bytes]], int, object]
"""As `socket.recvmsg` returns it; the stamp is the third part of the first ancillary item, if any."""
StampedReader: TypeAlias = Callable[[int, int], Stamped]
"""Takes the sizes of data and of ancillary data."""


class Transport(Protocol):
    """A byte stream to the server."""

    reads_ahead: ClassVar[bool]
    """Whether `pending` can be true."""

    def fileno(self) -> int:
        """The descriptor to wait for; -1 when closed."""

    def read(self, size: int) -> bytes:
        """What is there, at most so many bytes; none at the end of the stream.

        Raises BlockingIOError when nothing is there, OSError when the connection is broken.
        """

    def reader(self) -> Reader:
        """`read`, in its fastest form."""

    def stamped_reader(self) -> StampedReader:
        """The same, which also tells when the kernel received the bytes, from now on."""

    @property
    def pending(self) -> bool:
        """True when more can be read though the descriptor is not ready."""

    def send(self, data: bytes, deadline: Deadline) -> None:
        """Hand all of `data` to the kernel. Raises ConnectionLost and SendStalled."""

    def send_soon(self, data: bytes) -> None:
        """Send what can be sent without waiting; the rest goes before the next data."""

    def close(self, *, reset: bool = False) -> None:
        """Close, by RST instead of FIN if `reset`; a second call does nothing."""


class PlainTransport:
    """TCP."""

    reads_ahead: ClassVar[bool] = False
    __slots__ = ("_accepted", "_alone", "_flushed", "_lock", "_socket", "_unsent")

    def __init__(self, connected: socket.socket | _socket.socket, *, alone: bool = False) -> None:
        """Take the socket over; one that is not the interpreter's own is detached.

        `alone`: one thread reads, writes and closes.
        """
        self._socket = native(connected) if isinstance(connected, socket.socket) else connected
        self._alone = alone
        self._lock = new_lock(alone=alone)
        self._unsent = bytearray()
        self._accepted = 0
        """Bytes given to `send` and `send_soon` so far."""
        self._flushed = 0

    def fileno(self) -> int:
        return self._socket.fileno()

    @property
    def pending(self) -> bool:
        return False

    def read(self, size: int) -> bytes:
        with self._lock:
            return self._socket.recv(size)

    def reader(self) -> Reader:
        return self._socket.recv if self._alone else self.read

    def stamped_reader(self) -> StampedReader:
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        return self._socket.recvmsg if self._alone else self._read_stamped

    def send(self, data: bytes, deadline: Deadline) -> None:
        with self._lock:
            mark = self._accept(data)
            self._flush()
        while self._flushed < mark:
            if deadline.expired():
                raise SendStalled(mark - self._flushed, deadline.seconds)
            wait_writable(self.fileno(), Deadline(min(_LOOK_S, deadline.remaining())))
            with self._lock:
                self._flush()

    def send_soon(self, data: bytes) -> None:
        with self._lock:
            self._accept(data)
            self._flush()

    def close(self, *, reset: bool = False) -> None:
        with self._lock:
            if self._socket.fileno() < 0:
                return
            if reset:
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self._socket.close()

    def _read_stamped(self, size: int, ancillary_size: int) -> Stamped:
        with self._lock:
            return self._socket.recvmsg(size, ancillary_size)

    def _accept(self, data: bytes) -> int:
        if self._socket.fileno() < 0:
            raise ConnectionLost("it was closed before the message was sent", outcome="failed")
        self._unsent += data
        self._accepted += len(data)
        return self._accepted

    def _flush(self) -> None:
        try:
            while self._unsent:
                sent = self._socket.send(self._unsent)
                del self._unsent[:sent]
                self._flushed += sent
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            raise ConnectionLost(error.strerror or str(error)) from error


class TlsTransport(PlainTransport):
    """TLS over TCP, through memory buffers, so that it waits in the same places as TCP does."""

    reads_ahead: ClassVar[bool] = True
    __slots__ = ("_ancillary", "_incoming", "_outgoing", "_stamped", "_tls")

    def __init__(
        self,
        connected: socket.socket | _socket.socket,
        context: ssl.SSLContext,
        hostname: str,
        *,
        alone: bool = False,
    ) -> None:
        """Take the socket over; `shake_hands` must come before anything else."""
        super().__init__(connected, alone=alone)
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._stamped = False
        self._ancillary: list[tuple[int, int, bytes]] = []
        """Of the bytes that came last."""
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname)

    def shake_hands(self, deadline: Deadline) -> None:
        """Raises OSError (ssl.SSLError, TimeoutError, ConnectionError)."""
        while True:
            try:
                with self._lock:
                    self._tls.do_handshake()
                    break
            except ssl.SSLWantReadError:
                self._exchange(deadline)
            except ssl.SSLError:
                with self._lock:
                    self._push()  # the alert that tells the server why
                raise
        with self._lock:
            self._push()

    @property
    def pending(self) -> bool:
        return self._tls.pending() > 0 or self._incoming.pending > 0

    def read(self, size: int) -> bytes:
        with self._lock:
            return self._read(size)

    def reader(self) -> Reader:
        return self._read if self._alone else self.read

    def stamped_reader(self) -> StampedReader:
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._stamped = True
        read = self.reader()
        return lambda size, _: (read(size), self._ancillary, 0, None)

    def close(self, *, reset: bool = False) -> None:
        with self._lock:
            if not reset and self._socket.fileno() >= 0:
                # It writes close_notify (RFC 8446 section 6.1), and complains that none has come yet.
                with suppress(ssl.SSLError):
                    self._tls.unwrap()
                self._push()
        super().close(reset=reset)

    def _read(self, size: int) -> bytes:
        self._pull()
        try:
            return self._tls.read(size)
        except ssl.SSLWantReadError as error:
            raise BlockingIOError from error
        except ssl.SSLZeroReturnError:
            return b""
        finally:
            if self._outgoing.pending:  # alerts, key updates (RFC 8446 section 4.6.3)
                self._push()

    def _push(self) -> None:
        """Send what the session itself wants to say, as far as that is possible."""
        with suppress(ConnectionLost):  # whoever reads meets the same end
            super()._accept(self._outgoing.read())
            self._flush()

    def _accept(self, data: bytes) -> int:
        if self._socket.fileno() < 0:
            raise ConnectionLost("it was closed before the message was sent", outcome="failed")
        try:
            self._tls.write(data)
        except OSError as error:
            raise ConnectionLost(str(error)) from error
        return super()._accept(self._outgoing.read())

    def _exchange(self, deadline: Deadline) -> None:
        """One round of the handshake: send what is due, then wait for bytes."""
        if deadline.expired():
            raise TimeoutError("the TLS handshake did not end in time")
        with self._lock:
            self._push()
        wait_readable(self.fileno(), deadline)
        with self._lock:
            self._pull()

    def _pull(self) -> None:
        """Move what the network has into the session."""
        try:
            if self._stamped:
                data, self._ancillary, _, _ = self._socket.recvmsg(_TLS_CHUNK, ANCILLARY_BYTES)
            else:
                data = self._socket.recv(_TLS_CHUNK)
        except BlockingIOError:
            return
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()


def native(connected: socket.socket) -> _socket.socket:
    """The same connection as a non-blocking socket of the interpreter's own; `connected` is detached."""
    family, kind, proto = connected.family, connected.type, connected.proto
    bare = _socket.socket(family, kind, proto, connected.detach())
    bare.setblocking(False)
    return bare


def wait_readable(descriptor: int, deadline: Deadline) -> None:
    """Return when there may be something to read, or the deadline has passed."""
    _wait(descriptor, select.POLLIN, deadline)


def wait_writable(descriptor: int, deadline: Deadline) -> None:
    """Return when there may be room to write, or a connect may have ended, or the deadline has passed."""
    _wait(descriptor, select.POLLOUT, deadline)


def _wait(descriptor: int, event: int, deadline: Deadline) -> None:
    if descriptor < 0:
        return
    # Not select.select, which knows only descriptors below 1024. gevent makes both cooperative.
    poller = select.poll()
    poller.register(descriptor, event)
    poller.poll(deadline.remaining() * 1000 + 1)
