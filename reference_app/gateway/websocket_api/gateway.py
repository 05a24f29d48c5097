"""The local API Gateway: WebSocket stages and their `@connections` on one port."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from reference_app.gateway.http_message import json_answer, message_body
from reference_app.gateway.websocket_api import handshake
from reference_app.gateway.websocket_api.api_directory import ApiDirectory, is_management_call
from reference_app.gateway.websocket_api.connections import ConnectionRegistry
from reference_app.gateway.websocket_api.http_connection import HttpConnection
from reference_app.gateway.websocket_api.identifiers import IdSource
from reference_app.gateway.websocket_api.integrations import Integrations
from reference_app.gateway.websocket_api.lifecycle import Lifecycle
from reference_app.gateway.websocket_api.listener import Listener
from reference_app.gateway.websocket_api.management import ManagementApi
from reference_app.gateway.websocket_api.sigv4 import SignatureVerifier
from reference_app.gateway.websocket_api.websocket_session import WebSocketSession

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Mapping, Sequence

    from reference_app.gateway.clock import Clock
    from reference_app.gateway.functions.invocation import Invoker
    from reference_app.gateway.http_message import HttpAnswer, HttpRequest
    from reference_app.gateway.template.application import WebSocketApi
    from reference_app.gateway.unknowns import Unknowns
    from reference_app.gateway.websocket_api.interference import Interference

STOP_WITHIN_S = 1.0
"""How long each step of stopping may take: `$disconnect` invocations, close handshakes, sockets."""


class Gateway:
    """Serves some APIs of one account and region from `start` to `stop`, once."""

    def __init__(
        self,
        apis: Sequence[WebSocketApi],
        invoker: Invoker,
        *,
        region: str,
        account_id: str,
        credentials: Mapping[str, str],
        tls: ssl.SSLContext | None,
        unknowns: Unknowns,
        clock: Clock,
        interference: Interference | None = None,
    ) -> None:
        """`credentials` maps access key ids to secrets, for `@connections` and for routes with IAM.

        Raises UnsupportedExpression for a route selection expression that cannot be evaluated.
        """
        self.account_id = account_id
        ids = IdSource(region)
        registry = ConnectionRegistry()
        directory = ApiDirectory(apis, region)
        verifier = SignatureVerifier(credentials, region)
        execute_api = f"arn:aws:execute-api:{region}:{account_id}"
        integrations = Integrations(
            apis,
            invoker,
            ids,
            clock,
            unknowns,
            interference,
            execute_api=execute_api,
            verify=lambda request: verifier.verify_handshake(request, time.time()),
        )
        self._lifecycle = Lifecycle(integrations, registry, ids, clock, unknowns, interference)
        management = ManagementApi(
            directory, registry, verifier, ids, clock, unknowns, interference=interference
        )
        self._door = _FrontDoor(directory, management, self._lifecycle, unknowns)
        self._tls = tls
        self._sockets: set[HttpConnection] = set()
        self._listener: Listener | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen and return the port, which is the system's choice for 0. Raises OSError as it comes."""
        listener = Listener(lambda: HttpConnection(self._door, self._sockets), self._tls)
        bound = listener.listen(host, port)
        self._listener = listener
        return bound

    async def stop(self) -> None:
        """Close every client with 1001, let `$disconnect` run for a moment, and leave nothing behind.

        `@connections` answers until the functions have had their moment.
        """
        self._door.is_closing = True
        await self._lifecycle.stop(STOP_WITHIN_S)
        if self._listener is not None:
            await self._listener.close(STOP_WITHIN_S)
            self._listener = None
        for connection in tuple(self._sockets):
            connection.abort()
        await asyncio.sleep(0)  # one turn of the loop, in which the sockets are closed


class _FrontDoor:
    """Tells handshakes, `@connections` calls and everything else apart."""

    def __init__(
        self,
        directory: ApiDirectory,
        management: ManagementApi,
        lifecycle: Lifecycle,
        unknowns: Unknowns,
    ) -> None:
        self.is_closing = False
        self._directory = directory
        self._management = management
        self._lifecycle = lifecycle
        self._unknowns = unknowns

    def answer(self, request: HttpRequest) -> HttpAnswer | Awaitable[HttpAnswer]:
        if is_management_call(request):
            return self._management.answer(request)
        return handshake.refusal(request) or _forbidden(403)

    def upgrade(self, request: HttpRequest, transport: asyncio.Transport, early: bytes) -> HttpAnswer | None:
        if self.is_closing:
            return json_answer(503, message_body("Service Unavailable"))
        if (refusal := handshake.refusal(request)) is not None:
            return refusal
        if handshake.is_url_too_long(request):
            return json_answer(self._unknowns.long_url_status, message_body("URI Too Long"))
        destination = self._directory.find(request)
        if destination is None or destination.rest not in ((), ("",)):  # HS-4: a trailing slash is fine
            return _forbidden(self._unknowns.unknown_stage_status)  # HS-26
        session = WebSocketSession(transport, self._unknowns, early)
        peer = transport.get_extra_info("peername")  # None for a client that is gone already
        self._lifecycle.begin(
            destination.api, destination.domain, request, session, *(peer[:2] if peer else ("", 0))
        )
        return None


def _forbidden(status: int) -> HttpAnswer:
    return json_answer(status, message_body("Forbidden"))
