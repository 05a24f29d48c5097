"""Opens a WebSocket: TCP, TLS, and the upgrade by websocket-client, each failing in its own way.

The only module that knows websocket-client. It makes the upgrade (RFC 6455 section 4.1) over a stream
of ours, because its own reads one byte at a time from the kernel and follows redirects, which for
API Gateway are refusals (HS-8).
"""

from __future__ import annotations

import _socket
import errno
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode, urlsplit

import websocket

from .deadline import Deadline
from .errors import (
    ConnectionLost,
    HandshakeBroken,
    HandshakeRefused,
    HarnessError,
    SendStalled,
    TargetFailure,
    TlsFailure,
    Unreachable,
)
from .tcp import Place
from .transport import PlainTransport, TlsTransport, wait_readable

_AGENT = "churnproof"
_OUR_LIMITS = {
    errno.EMFILE: "raise the limit of this process (ulimit -n)",
    errno.ENFILE: "this machine's limit of open files is reached (fs.file-max)",
    errno.EADDRNOTAVAIL: "no local port is free (net.ipv4.ip_local_port_range)",
    errno.ENOBUFS: "this machine has no memory for it",
    errno.ENOMEM: "this machine has no memory for it",
}
_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where and how a client connects: the target's URL and its `[handshake]` section."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    subprotocols: tuple[str, ...] = ()

    @property
    def request_url(self) -> str:
        """The URL with the query of the handshake."""
        if not self.query:
            return self.url
        joint = "&" if urlsplit(self.url).query else "?"
        return f"{self.url}{joint}{urlencode(self.query, quote_via=quote)}"


@dataclass(frozen=True, slots=True)
class Opened:
    """An open WebSocket."""

    transport: PlainTransport
    leftover: bytes
    """What the server sent right behind its answer: the first bytes of frames."""
    status: int
    headers: Mapping[str, str]
    subprotocol: str | None
    source_port: int


class Dialer:
    """Opens connections to one endpoint; safe to call from several threads, unless they are made for one.

    `alone`: one thread uses the dialer and every connection that it opens.
    """

    def __init__(self, endpoint: Endpoint, tls: ssl.SSLContext | None = None, *, alone: bool = False) -> None:
        self._alone = alone
        self.endpoint = endpoint
        parts = urlsplit(endpoint.url)
        self._host = parts.hostname or ""
        secure = parts.scheme == "wss"
        self._port = parts.port or (443 if secure else 80)
        self._place = Place(self._host, self._port)
        # One context for all: loading the trusted authorities costs more than a handshake.
        self._tls = (tls or ssl.create_default_context()) if secure else None
        self._url = endpoint.request_url
        self._names = {name.lower() for name in endpoint.headers}
        headers = dict(endpoint.headers) | ({} if "user-agent" in self._names else {"User-Agent": _AGENT})
        self._headers = [f"{name}: {value}" for name, value in headers.items()]

    @property
    def where(self) -> str:
        """Host and port, for people."""
        return f"{self._host}:{self._port}"

    @property
    def place(self) -> str:
        """The URL without its query, which may be secret."""
        parts = urlsplit(self.endpoint.url)
        return f"{parts.scheme}://{self.where}{parts.path}"

    def open(self, deadline: Deadline) -> Opened:
        """Raises Unreachable, TlsFailure, HandshakeRefused, HandshakeBroken; at our limits, HarnessError."""
        connected = self._connect(deadline)
        source_port: int = connected.getsockname()[1]
        transport = self._secured(connected, deadline)
        try:
            return self._upgrade(transport, source_port, deadline)
        except BaseException:
            transport.close()
            raise

    def _connect(self, deadline: Deadline) -> _socket.socket:
        try:
            return self._place.connect(deadline)
        except OSError as error:
            if error.errno in _OUR_LIMITS:
                raise HarnessError(
                    f"cannot open another connection: {error.strerror}; {_OUR_LIMITS[error.errno]}"
                ) from error
            raise Unreachable(self.where, error) from error

    def _secured(self, connected: _socket.socket, deadline: Deadline) -> PlainTransport:
        if self._tls is None:
            return PlainTransport(connected, alone=self._alone)
        transport = TlsTransport(connected, self._tls, self._host, alone=self._alone)
        try:
            transport.shake_hands(deadline)
        except (OSError, TargetFailure) as error:
            transport.close()
            cause = error if isinstance(error, OSError) else ConnectionError(str(error))
            raise TlsFailure(self.where, cause) from error
        return transport

    def _upgrade(self, transport: PlainTransport, source_port: int, deadline: Deadline) -> Opened:
        stream = _Stream(transport, deadline)
        upgrade = websocket.WebSocket(enable_multithread=False)
        try:
            upgrade.connect(  # type: ignore[no-untyped-call]
                self._url,
                socket=stream,
                header=self._headers,
                subprotocols=list(self.endpoint.subprotocols) or None,
                suppress_origin=True,
                suppress_host="host" in self._names,
                redirect_limit=0,
            )
        except websocket.WebSocketBadStatusException as error:
            body = (error.resp_body or stream.leftover).decode("utf-8", "replace")
            raise HandshakeRefused(self.place, error.status_code, error.resp_headers or {}, body) from error
        except (websocket.WebSocketException, OSError, TargetFailure, ValueError) as error:
            answer = upgrade.handshake_response
            if answer is not None and answer.status != 101:
                raise HandshakeRefused(self.place, answer.status, answer.headers, "") from error
            raise HandshakeBroken(self.place, self._why_broken(error, stream)) from error
        finally:
            del upgrade.frame_buffer  # it refers back: thousands would wait for the collector of cycles
        answer = upgrade.handshake_response
        assert answer is not None
        return Opened(
            transport, stream.leftover, answer.status, answer.headers, answer.subprotocol, source_port
        )

    def _why_broken(self, error: Exception, stream: _Stream) -> str:
        match error:
            case websocket.WebSocketTimeoutException() | TimeoutError():
                return "no whole answer to the upgrade within the time allowed"
            case websocket.WebSocketConnectionClosedException() | ConnectionError() | ConnectionLost():
                got = (
                    f"after {stream.received} bytes of its answer" if stream.received else "without an answer"
                )
                return f"the server closed the connection {got}"
            case SendStalled():
                return str(error)
        if self.endpoint.subprotocols:  # the likely cause, by HS-15
            offered = ", ".join(self.endpoint.subprotocols)
            return (
                f"the answer is not valid, or selects none of the subprotocols offered ({offered}): {error}"
            )
        return f"the answer is not valid: {error}"


class _Stream:
    """What websocket-client takes for a socket during the upgrade: buffered, within a deadline."""

    def __init__(self, transport: PlainTransport, deadline: Deadline) -> None:
        self._transport = transport
        self._deadline = deadline
        self._data = b""
        self._start = 0
        self.received = 0

    @property
    def leftover(self) -> bytes:
        return self._data[self._start :]

    def gettimeout(self) -> float:
        return 0.0  # makes websocket-client call `recv` and `send` directly

    def recv(self, size: int) -> bytes:
        while self._start == len(self._data):
            data = self._arrived()
            if data is None:
                if self._deadline.expired():
                    raise TimeoutError(f"no answer within {self._deadline.seconds:g} s")
                wait_readable(self._transport.fileno(), self._deadline)
                continue
            self._start, self._data = 0, data
            self.received += len(data)
            if not data:
                return b""
        # It asks for header lines byte by byte and joins them, which costs more than all the rest of a
        # connect: what comes before the end of the line may as well come at once.
        stop = self._end_of_line() if size == 1 else self._start + size
        data = self._data[self._start : stop]
        self._start += len(data)
        return data

    def _arrived(self) -> bytes | None:
        """None when nothing is there yet; thousands wait then, and must not keep an exception each."""
        try:
            return self._transport.read(_CHUNK)
        except BlockingIOError:
            return None

    def _end_of_line(self) -> int:
        """Where the line ends that begins here; an end of line is a piece of its own."""
        newline = self._data.find(b"\n", self._start)
        if newline < 0:
            return len(self._data)
        return max(newline, self._start + 1)

    def send(self, data: bytes) -> int:
        self._transport.send(data, self._deadline)
        return len(data)

    def close(self) -> None:
        self._transport.close()
