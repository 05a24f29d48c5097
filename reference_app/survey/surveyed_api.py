"""The probe app over the wire: clients that come as told, and what its functions have noted of them."""

from __future__ import annotations

import base64
import json
import secrets
import select
import socket
import ssl
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import SplitResult, urlencode, urlsplit

import websocket

from reference_app.survey.findings import SurveyError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from reference_app.survey.management_calls import ManagementCalls
    from reference_app.survey.passing_time import PassingTime

TEXT, BINARY, CLOSE, PONG = 0x1, 0x2, 0x8, 0xA
_NO_CODE = 1005
_POLL_S = 0.5
_FOR_WHAT_MUST_COME_S = 30.0
"""Beyond the patience: not to wait for it costs more than to wait."""
_RST_ON_CLOSE = struct.pack("ii", 1, 0)


class Refusal(NamedTuple):
    """A handshake that was not answered with 101."""

    status: int
    body: bytes


class WireFrame(NamedTuple):
    """A frame as it came."""

    opcode: int
    fin: bool
    data: bytes

    @property
    def closing(self) -> tuple[int, str]:
        """Code and reason of a close frame; 1005 without a code."""
        if len(self.data) < 2:
            return _NO_CODE, ""
        return struct.unpack("!H", self.data[:2])[0], self.data[2:].decode(errors="replace")


class NoAnswer(SurveyError):  # noqa: N818 - the finding is that there was none
    """Nothing came within the patience of the survey."""


class TooLate(SurveyError):  # noqa: N818 - nobody's fault; it can be asked again
    """What had to happen while `$connect` ran came after it."""


@dataclass(frozen=True)
class SurveyedApi:
    """A deployed probe app."""

    url: str
    """`ws(s)://…/{stage}`, without a query."""
    patience_s: float
    """How long to wait for what may never come."""
    management: ManagementCalls | None
    """None without credentials."""
    time: PassingTime

    def client(self, *, headers: tuple[str, ...] = (), **asked: str) -> Client:
        """Connect a client with what it asks of the handlers. Raises NoAnswer when it is refused."""
        outcome = self._handshake(self._address(asked), headers, asked["token"])
        if isinstance(outcome, Refusal):
            raise NoAnswer(f"a client was refused with {outcome.status}")
        return outcome

    def refusal(self, *, path: str = "", **asked: str) -> Refusal:
        """Connect where the handshake should fail. Raises NoAnswer when it does not."""
        outcome = self._handshake(self._address(asked, path), (), asked["token"])
        if isinstance(outcome, Refusal):
            return outcome
        with outcome:
            raise NoAnswer("the client was let in")

    def attempt(self) -> Client | Refusal:
        """Connect, whatever comes of it. Raises NoAnswer when nothing does."""
        asked: dict[str, str] = {}
        return self._handshake(self._address(asked), (), asked["token"])

    def leave_during_connect(self, token: str, sleep_s: float) -> None:
        """Ask for a handshake whose `$connect` takes this long, and reset the connection meanwhile.

        Raises TooLate when it has been answered already.
        """
        parts = urlsplit(self._address({"token": token, "sleep": str(sleep_s)}))
        secure = parts.scheme == "wss"
        address = (parts.hostname or "", parts.port or (443 if secure else 80))
        with socket.create_connection(address, timeout=self.patience_s + _FOR_WHAT_MUST_COME_S) as plain:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE)
            if secure:
                context = ssl.create_default_context()
                with context.wrap_socket(plain, server_hostname=parts.hostname) as encrypted:
                    self._begin_handshake(encrypted, parts, token)
            else:
                self._begin_handshake(plain, parts, token)

    def _begin_handshake(self, connection: socket.socket, parts: SplitResult, token: str) -> None:
        connection.sendall(
            f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(secrets.token_bytes(16)).decode()}\r\n\r\n".encode()
        )
        self.noted(token, "CONNECT")
        if select.select([connection], [], [], 0)[0]:
            raise TooLate("the handshake was answered before the client could leave")

    def time_for_more(self) -> None:
        """Give what may follow the time to come."""
        time.sleep(self.patience_s)

    def notes(self, token: str) -> list[dict[str, Any]]:
        """What the functions noted of the client with this token, oldest first."""
        with self.client() as asking:
            notes: list[dict[str, Any]] = asking.ask({"do": "notes", "of": token})["notes"]
            return notes

    def noted(self, token: str, event_type: str) -> dict[str, Any]:
        """The `requestContext` of the client's first event of a type, once there is one. Raises NoAnswer."""
        within_s = self.patience_s + _FOR_WHAT_MUST_COME_S

        def look() -> list[dict[str, Any]]:
            return [note for note in self.notes(token) if note.get("eventType") == event_type]

        found = self.until(look, within_s)
        if not found:
            raise NoAnswer(f"no {event_type} event within {within_s:g} s")
        return found[0]

    def until(
        self, look: Callable[[], list[dict[str, Any]]], within_s: float | None = None
    ) -> list[dict[str, Any]]:
        """Look until something is found, or patience ends; return the last look's findings."""
        deadline = time.monotonic() + (self.patience_s if within_s is None else within_s)
        while not (found := look()) and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        return found

    def _address(self, asked: dict[str, str], path: str = "") -> str:
        asked.setdefault("token", secrets.token_urlsafe(12))
        url = self.url.rpartition("/")[0] + path if path else self.url
        return f"{url}?{urlencode(asked)}"

    def _handshake(self, url: str, headers: tuple[str, ...], token: str) -> Client | Refusal:
        try:
            connection = websocket.create_connection(
                url,
                timeout=self.patience_s + _FOR_WHAT_MUST_COME_S,
                header=list(headers),
                enable_multithread=False,
            )
        except websocket.WebSocketBadStatusException as refused:
            return Refusal(refused.status_code, bytes(refused.resp_body or b""))
        except (OSError, websocket.WebSocketException) as failed:
            raise NoAnswer(f"no handshake with {urlsplit(url).netloc}: {failed}") from failed
        return Client(connection, token, self.patience_s)


class Client:
    """One client of the probe app."""

    def __init__(self, connection: websocket.WebSocket, token: str, patience_s: float) -> None:
        self.token = token
        self._connection = connection
        self._patience_s = patience_s

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.shutdown()  # type: ignore[no-untyped-call]

    @property
    def response_headers(self) -> dict[str, str]:
        """Headers of the 101, names in lower case."""
        return dict(self._connection.getheaders() or {})

    def send(self, payload: str | bytes, opcode: int = TEXT, *, fin: bool = True) -> None:
        """Send one frame. Raises NoAnswer when the connection is gone."""
        data = payload.encode() if isinstance(payload, str) else payload
        frame = websocket.ABNF(int(fin), 0, 0, 0, opcode, 1, data)
        try:
            self._connection.send_frame(frame)
        except (OSError, websocket.WebSocketException) as gone:
            raise NoAnswer(f"the connection was gone: {gone}") from gone

    def send_raw(self, data: bytes) -> None:
        """Send bytes that are no frame as RFC 6455 wants it."""
        assert self._connection.sock is not None
        self._connection.sock.sendall(data)

    def ask(self, asked: object) -> dict[str, Any]:
        """Send a message and return the JSON of the reply. Raises NoAnswer."""
        self.send(asked if isinstance(asked, str) else json.dumps(asked))
        reply = json.loads(self.frame().data)
        if not isinstance(reply, dict):
            raise NoAnswer(f"the reply is no object: {reply!r:.80}")
        return reply

    def frame(self, within_s: float | None = None) -> WireFrame:
        """The next frame of any kind. Raises NoAnswer when none comes, or the connection has ended."""
        self._connection.settimeout(
            self._patience_s + _FOR_WHAT_MUST_COME_S if within_s is None else within_s
        )
        try:
            frame = self._connection.recv_frame()  # type: ignore[no-untyped-call]
        except (OSError, websocket.WebSocketException) as gone:
            raise NoAnswer(f"no frame: {gone}") from gone
        return WireFrame(frame.opcode, bool(frame.fin), bytes(frame.data))

    def quiet_frame(self) -> WireFrame | None:
        """The next frame; None when there is none for as long as the survey's patience lasts."""
        try:
            return self.frame(self._patience_s)
        except NoAnswer:
            return None

    def closing(self) -> tuple[int, str]:
        """Code and reason of the close frame, past whatever comes before it. Raises NoAnswer."""
        while True:
            frame = self.frame()
            if frame.opcode == CLOSE:
                return frame.closing

    def reset(self) -> None:
        """Leave without a close frame, by RST."""
        assert self._connection.sock is not None
        self._connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE)
        self._connection.sock.close()
