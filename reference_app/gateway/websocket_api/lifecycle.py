"""The course of every connection: handshake with `$connect`, messages, limits, end with `$disconnect`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from reference_app.gateway.background_tasks import BackgroundTasks
from reference_app.gateway.http_message import HttpAnswer, json_answer
from reference_app.gateway.websocket_api import close_causes, connection_lifetime, error_frames, handshake
from reference_app.gateway.websocket_api.compression import negotiated
from reference_app.gateway.websocket_api.connection_state import State
from reference_app.gateway.websocket_api.connections import Connection
from reference_app.gateway.websocket_api.integrations import Refused
from reference_app.gateway.websocket_api.proxy_event import ConnectionFacts

if TYPE_CHECKING:
    from reference_app.gateway.clock import Clock, Timer
    from reference_app.gateway.http_message import HttpRequest
    from reference_app.gateway.template.application import WebSocketApi
    from reference_app.gateway.unknowns import Unknowns
    from reference_app.gateway.websocket_api.close_causes import Ending
    from reference_app.gateway.websocket_api.connections import ConnectionRegistry
    from reference_app.gateway.websocket_api.identifiers import IdSource
    from reference_app.gateway.websocket_api.integrations import Admitted, Integrations
    from reference_app.gateway.websocket_api.interference import Interference
    from reference_app.gateway.websocket_api.websocket_session import WebSocketSession


class Lifecycle:
    """Drives the connections of one gateway."""

    def __init__(
        self,
        integrations: Integrations,
        registry: ConnectionRegistry,
        ids: IdSource,
        clock: Clock,
        unknowns: Unknowns,
        interference: Interference | None = None,
    ) -> None:
        self.integrations = integrations
        self.registry = registry
        self.clock = clock
        self.unknowns = unknowns
        self.tasks = BackgroundTasks()
        self.interference = interference
        self._ids = ids
        self._clients: set[_Client] = set()
        self._nobody_left = asyncio.Event()

    def begin(
        self,
        api: WebSocketApi,
        domain: str,
        request: HttpRequest,
        session: WebSocketSession,
        source_ip: str,
        source_port: int = 0,
    ) -> None:
        """Start `$connect` for a handshake that is in order; `domain` is the host name that it is for."""
        now = self.clock.epoch_ms()
        facts = ConnectionFacts(
            connection_id=self._ids.connection_id(now),
            api_id=api.api_id,
            domain_name=domain,
            stage=api.stage,
            stage_variables=api.stage_variables,
            source_ip=source_ip,
            user_agent=request.header("user-agent"),
            connected_at_ms=now,
        )
        client = _Client(self, api, facts, session)
        self._clients.add(client)
        self.registry.add(client.connection)
        session.attach(client)
        client.note("connecting", source_port=source_port)
        self.tasks.start(client.connect(request))

    async def stop(self, within_s: float) -> None:
        """Close every client with 1001, let `$disconnect` run, and leave no socket.

        Each of the three steps takes `within_s` at most.
        """
        for client in tuple(self._clients):
            client.stop()
        await self.tasks.finish(within_s)
        for abort in (False, True):
            for client in tuple(self._clients) if abort else ():
                client.session.abort()
            await self._wait_for_clients(within_s)

    def forget(self, client: _Client) -> None:
        """The client's socket is no more."""
        self._clients.discard(client)
        if not self._clients:
            self._nobody_left.set()

    async def _wait_for_clients(self, within_s: float) -> None:
        self._nobody_left.clear()
        if not self._clients:
            return
        try:
            async with asyncio.timeout(within_s):
                await self._nobody_left.wait()
        except TimeoutError:
            return


class _Client:
    """One connection with its session and its timer; what `@connections` acts upon."""

    def __init__(
        self, lifecycle: Lifecycle, api: WebSocketApi, facts: ConnectionFacts, session: WebSocketSession
    ) -> None:
        self.session = session
        self.connection = Connection(api, facts, self, lifecycle.clock.monotonic())
        self._lifecycle = lifecycle
        self._unknowns = lifecycle.unknowns
        self._timer: Timer | None = None
        self._turn = asyncio.Lock() if lifecycle.unknowns.message_concurrency == "serial" else None

    async def connect(self, request: HttpRequest) -> None:
        """Run `$connect` and answer the handshake (HS-5)."""
        admission = await self._lifecycle.integrations.connect(self.connection, request)
        if isinstance(admission, Refused):
            await self._refuse(admission)
        elif self.connection.state.accept():
            self._watch()
            self.note("established")
            self._admit(request, admission)
        else:
            await self._abandon()

    def _admit(self, request: HttpRequest, admitted: Admitted) -> None:
        accepts = self._unknowns.permessage_deflate == "accepted"
        compression = negotiated(request) if accepts else None
        self.connection.established_at = self._lifecycle.clock.monotonic()
        if compression is None:
            self.session.upgrade(handshake.acceptance(request, admitted.subprotocol))
        else:
            answer = handshake.acceptance(request, admitted.subprotocol, compression.header)
            self.session.upgrade(answer, compression.extension)

    def note(self, step: str, detail: str = "", source_port: int | None = None) -> None:
        """Tell whoever interferes of a turn in the connection's life."""
        if self._lifecycle.interference is not None:
            connection_id = self.connection.facts.connection_id
            self._lifecycle.interference.step(connection_id, step, detail, source_port)

    # What the session hears.

    def received(self, text: str) -> None:
        self._touch()
        self.note("message")
        self._lifecycle.tasks.start(self._message(text))

    def pinged(self) -> None:
        if self._unknowns.ping_resets_idle:
            self._touch()

    def closed(self, ending: Ending) -> None:
        self._end(ending)

    def lost(self) -> None:
        self._end(close_causes.abrupt(self._unknowns))
        self._lifecycle.forget(self)

    # What `@connections` and the limits do.

    def send(self, payload: bytes) -> bool:
        sent = self.session.send(payload)
        if sent:
            self._touch()
        return sent

    def close(self, ending: Ending) -> None:
        if self.connection.is_open:
            self.session.close(ending)
            self._end(ending)

    def stop(self) -> None:
        """The gateway stops."""
        if self.connection.state.state is State.CONNECTING:
            self.session.abort()
        self.close(close_causes.service_stopped())

    async def _message(self, text: str) -> None:
        if self._turn is None:
            await self._answer(text)
        else:
            async with self._turn:
                await self._answer(text)

    async def _answer(self, text: str) -> None:
        try:
            frame = await self._lifecycle.integrations.message(self.connection, text)
            if frame is not None and self.connection.is_open:
                self.send(frame)
        finally:
            self.session.message_done()

    async def _refuse(self, refused: Refused) -> None:
        self.connection.state.refuse()
        self.note("refused", str(refused.status))
        self._lifecycle.registry.remove(self.connection)
        self.session.refuse(self._refusal(refused).serialise(close=True))
        if self._unknowns.refused_connect_sends_disconnect:
            ending = close_causes.abrupt(self._unknowns)
            await self._lifecycle.integrations.disconnect(self.connection, ending)

    def _refusal(self, refused: Refused) -> HttpAnswer:
        if self._unknowns.handshake_refusal_body == "empty":
            return HttpAnswer(refused.status, (("content-length", "0"),))
        connection_id = self.connection.facts.connection_id
        body = error_frames.error_frame(refused.message, connection_id, refused.request_id)
        return json_answer(refused.status, body)

    async def _abandon(self) -> None:
        """`$connect` let in a client that has left meanwhile (RC-11)."""
        self._lifecycle.registry.remove(self.connection)
        self.note("abandoned")
        ending = self.connection.state.abandoned
        if ending is not None and self._unknowns.abandoned_connect == "disconnect-after-connect":
            await self._lifecycle.integrations.disconnect(self.connection, ending)

    def _end(self, ending: Ending) -> None:
        if not self.connection.state.end(ending):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._lifecycle.registry.remove(self.connection)
        self.note("ended", f"{ending.status_code} {ending.reason}".rstrip())
        self._lifecycle.tasks.start(self._lifecycle.integrations.disconnect(self.connection, ending))

    def _touch(self) -> None:
        self.connection.last_active = self._lifecycle.clock.monotonic()  # LM-15

    def _watch(self) -> None:
        # One timer a connection, looked at only when it is due: a message merely moves `last_active`.
        clock, connection = self._lifecycle.clock, self.connection
        now = clock.monotonic()
        match connection_lifetime.expiry(connection.connected_at, connection.last_active, now):
            case "idle":
                self.close(close_causes.idle())
            case "duration":
                self.close(close_causes.too_old(self._unknowns))
            case None:
                due = connection_lifetime.next_deadline(connection.connected_at, connection.last_active)
                self._timer = clock.call_later(due - now, self._watch)
