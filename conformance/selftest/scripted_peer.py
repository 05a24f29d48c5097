"""A server end that does exactly what a test says, byte by byte."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

_TIMEOUT_S = 10.0


class ScriptedPeer:
    """Accepts one connection, makes the WebSocket handshake, and then waits for the test's orders.

    `answer` replaces the handshake's answer, and comes before any request if `unasked`; `behind` is
    sent in the same packet right behind the answer; `subprotocols` can be selected.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        answer: bytes | None = None,
        unasked: bool = False,
        behind: bytes = b"",
        subprotocols: Sequence[str] = (),
    ) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._tls = tls
        self._answer = answer
        self._behind = behind
        self._socket: socket.socket | None = None
        self._accepted = threading.Event()
        self._unasked = unasked
        self._protocol = ServerProtocol(subprotocols=[Subprotocol(name) for name in subprotocols] or None)
        self._frames: deque[object] = deque()
        self.request = b""
        port = self._listener.getsockname()[1]
        self.url = f"wss://localhost:{port}/prod" if tls else f"ws://127.0.0.1:{port}/prod"
        self._thread = threading.Thread(target=self._accept, name="scripted-peer")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._accepted.is_set():
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        if self._socket is not None:
            self._socket.close()

    def _accept(self) -> None:
        try:
            connected, _ = self._listener.accept()
        except OSError:
            return  # nobody came before the end of the test
        connected.settimeout(_TIMEOUT_S)
        try:
            self._socket = self._tls.wrap_socket(connected, server_side=True) if self._tls else connected
            self._shake_hands(self._socket)
        except OSError:
            connected.close()  # the client did not want it: some tests are about that
        self._accepted.set()

    def _shake_hands(self, connected: socket.socket) -> None:
        while not self._unasked and b"\r\n\r\n" not in self.request:
            data = connected.recv(65536)
            if not data:
                return
            self.request += data
        if self._answer is not None:
            connected.sendall(self._answer)
            return
        self._protocol.receive_data(self.request)
        (request,) = self._protocol.events_received()
        assert isinstance(request, Request)
        self._protocol.send_response(self._protocol.accept(request))
        connected.sendall(b"".join(self._protocol.data_to_send()) + self._behind)

    @property
    def socket(self) -> socket.socket:
        assert self._accepted.wait(_TIMEOUT_S)
        assert self._socket is not None
        return self._socket

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)

    def frame(self) -> Frame:
        """The next frame that the client sends."""
        while not self._frames:
            data = self.socket.recv(65536)
            assert data, "the client closed the connection"
            self._protocol.receive_data(data)
            self._frames.extend(self._protocol.events_received())
        frame = self._frames.popleft()
        assert isinstance(frame, Frame)
        return frame

    def message(self) -> str:
        """The next whole text message that the client sends, put together from its frames."""
        parts = [self.frame()]
        assert parts[0].opcode is Opcode.TEXT
        while not parts[-1].fin:
            parts.append(self.frame())
        return b"".join(bytes(part.data) for part in parts).decode()

    def ends(self) -> str:
        """How the client's stream ends, after whatever is still to come: `FIN` or `RST`."""
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionResetError:
            return "RST"
        return "FIN"

    def reset(self) -> None:
        """Leave by RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def hang_up(self) -> None:
        """Leave by FIN, without a close frame."""
        self.socket.close()
