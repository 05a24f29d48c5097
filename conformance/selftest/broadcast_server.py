"""A small correct broadcast backend in this process, for the tests of the harness."""

from __future__ import annotations

import base64
import json
import os
import ssl
import threading
from collections.abc import Callable
from http import HTTPStatus
from types import TracebackType
from typing import Self

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

_FORBIDDEN = '{"message": "Forbidden", "connectionId":"%s", "requestId":"PbTkjcISoAMCJNQ="}'
"""The bytes of fact RT-20."""


class BroadcastServer:
    """Hears `{"action": "sendmessage", "data": …}` and sends `data` to all, as API Gateway apps do.

    `alter` changes what each copy looks like; `refuse` answers handshakes with that status and body;
    other messages are answered by the error frame of fact RT-20, or by nothing if `silent`. `came` is
    called with id and source port before a handshake is answered, `went` with the id when it is over.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        alter: Callable[[str], str | bytes] = str,
        refuse: tuple[int, str] | None = None,
        silent: bool = False,
        selector: str = "action",
        came: Callable[[str, int], None] | None = None,
        went: Callable[[str], None] | None = None,
    ) -> None:
        self._alter = alter
        self._refuse = refuse
        self._silent = silent
        self._selector = selector
        self._came = came
        self._went = went
        self._changed = threading.Condition()
        self._joining: dict[ServerConnection, str] = {}
        self.connections: dict[str, ServerConnection] = {}
        """Open connections by connection id."""
        self.closed: list[tuple[int | None, str]] = []
        """Close code and reason of each connection that ended, as the server saw them."""
        self.requests: list[Request] = []
        self.messages: list[str] = []
        self._server: Server = serve(
            self._serve,
            "127.0.0.1",
            0,
            ssl=tls,
            process_request=self._process_request,
            compression=None,
            max_size=128 * 1024,  # closes 1009 beyond (RT-51)
        )
        self._thread = threading.Thread(target=self._server.serve_forever, name="broadcast-server")
        host, port = self._server.socket.getsockname()[:2]
        self.url = f"{'wss' if tls else 'ws'}://{'localhost' if tls else host}:{port}/prod"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()

    def _process_request(self, connection: ServerConnection, request: Request) -> Response | None:
        self.requests.append(request)
        if self._refuse is None:
            connection_id = _new_connection_id()
            with self._changed:
                self._joining[connection] = connection_id
            if self._came is not None:
                self._came(connection_id, connection.remote_address[1])
            return None
        status, body = self._refuse
        response = connection.respond(HTTPStatus(status), body)
        if status in (301, 302):
            response.headers["Location"] = "ws://127.0.0.1:1/elsewhere"
        return response

    def _serve(self, connection: ServerConnection) -> None:
        with self._changed:
            connection_id = self._joining.pop(connection)
            self.connections[connection_id] = connection
            self._changed.notify_all()
        try:
            for message in connection:
                self._take(connection, connection_id, str(message))
        except ConnectionClosed:
            pass  # its code is kept below
        finally:
            with self._changed:
                del self.connections[connection_id]
                self.closed.append((connection.close_code, connection.close_reason or ""))
            if self._went is not None:
                self._went(connection_id)

    def _take(self, sender: ServerConnection, connection_id: str, text: str) -> None:
        self.messages.append(text)
        try:
            message = json.loads(text)
            known = message[self._selector] == "sendmessage" and isinstance(message["data"], str)
        except (ValueError, TypeError, KeyError):
            known = False
        if not known:
            if not self._silent:
                sender.send(_FORBIDDEN % connection_id)
            return
        copy = self._alter(message["data"])
        for connection in self.members().values():
            try:
                connection.send(copy)
            except ConnectionClosed:
                continue

    def members(self) -> dict[str, ServerConnection]:
        """All that were answered 101 before now: some of their threads may not have begun yet."""
        with self._changed:
            joining = set(self._joining)
            self._changed.wait_for(lambda: not joining & set(self._joining), timeout=1.0)
            return dict(self.connections)


def _new_connection_id() -> str:
    """In the form of fact EV-50."""
    return base64.urlsafe_b64encode(b"\x04" + os.urandom(10)).decode()
