"""`POST`, `GET` and `DELETE` on `/{stage}/@connections/{connectionId}` (MG-1).

Every call passes `ManagementApi.answer`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from reference_app.gateway.http_message import HttpAnswer
from reference_app.gateway.websocket_api import close_causes, identifiers, management_answers
from reference_app.gateway.websocket_api.api_directory import CONNECTIONS
from reference_app.gateway.websocket_api.management_answers import CallIds

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from reference_app.gateway.clock import Clock
    from reference_app.gateway.http_message import HttpRequest
    from reference_app.gateway.template.application import WebSocketApi
    from reference_app.gateway.unknowns import Unknowns
    from reference_app.gateway.websocket_api.api_directory import ApiDirectory
    from reference_app.gateway.websocket_api.connections import Connection, ConnectionRegistry
    from reference_app.gateway.websocket_api.identifiers import IdSource
    from reference_app.gateway.websocket_api.interference import Interference
    from reference_app.gateway.websocket_api.sigv4 import SignatureVerifier

MAX_POST_BYTES = 131072
"""MG-24."""
_METHODS = frozenset({"POST", "GET", "DELETE"})


class Subject(NamedTuple):
    """What a signed, well-formed call is about; whether there is such a connection shows when it is done."""

    api: WebSocketApi
    connection_id: str


class ManagementApi:
    """Answers calls about the connections of a registry."""

    def __init__(
        self,
        directory: ApiDirectory,
        registry: ConnectionRegistry,
        verifier: SignatureVerifier,
        ids: IdSource,
        clock: Clock,
        unknowns: Unknowns,
        wall_clock: Callable[[], float] = time.time,
        interference: Interference | None = None,
    ) -> None:
        """`wall_clock` (epoch seconds) dates signatures; callers sign by it, wherever `clock` stands."""
        self._directory = directory
        self._registry = registry
        self._verifier = verifier
        self._ids = ids
        self._clock = clock
        self._unknowns = unknowns
        self._wall_clock = wall_clock
        self._interference = interference

    def answer(self, request: HttpRequest) -> HttpAnswer | Awaitable[HttpAnswer]:
        """Carry out one call; where somebody interferes, the answer is still to come."""
        now = self._clock.epoch_ms()
        ids = CallIds(self._ids.uuid(), self._ids.request_id(now), self._ids.trace_id(now))
        subject = self._subject(request, ids)
        if self._interference is not None:
            return self._interference.call(_Call(self, request, ids, subject))
        return subject if isinstance(subject, HttpAnswer) else self.act(request, ids, subject)

    def act(self, request: HttpRequest, ids: CallIds, subject: Subject) -> HttpAnswer:
        """Do what a call is for to the connection that it is about."""
        connection = self._find(subject, request.method)
        if connection is None:
            return management_answers.gone(ids)
        if request.method == "POST":
            sent = connection.client.send(request.body)
            return management_answers.posted(ids) if sent else management_answers.limit_exceeded(ids)
        if request.method == "DELETE":
            connection.client.close(close_causes.deleted(self._unknowns))
            return management_answers.deleted(ids)
        facts = connection.facts
        return management_answers.described(
            ids, facts.source_ip, facts.user_agent, facts.connected_at_ms, connection.last_active_at_ms
        )

    def fail(self, status: int, ids: CallIds) -> HttpAnswer:
        """Answer a call with a failure."""
        return management_answers.failure(status, ids, self._unknowns)

    def _find(self, subject: Subject, method: str) -> Connection | None:
        """The connection, unless it is not established yet for this call (RC-1, RC-4, RC-5)."""
        connection = self._registry.find_open(subject.connection_id, subject.api)
        if connection is None:
            describes = method == "GET" and self._unknowns.pending_get == "described"
            return self._registry.find(subject.connection_id, subject.api) if describes else None
        gone_s = self._unknowns.gone_after_connect_ms / 1000
        return connection if self._clock.monotonic() - connection.established_at >= gone_s else None

    def _subject(self, request: HttpRequest, ids: CallIds) -> Subject | HttpAnswer:
        match self._verifier.verify(request, self._wall_clock()):
            case "unsigned":
                return management_answers.unsigned(ids, self._unknowns)
            case "refused":
                return management_answers.forbidden(ids, self._unknowns)
            case "valid":
                return self._signed_subject(request, ids)

    def _signed_subject(self, request: HttpRequest, ids: CallIds) -> Subject | HttpAnswer:
        destination = self._directory.find(request)
        if destination is None or request.method not in _METHODS:
            return management_answers.forbidden(ids, self._unknowns)
        match destination.rest:
            case (collection, connection_id) if collection == CONNECTIONS and connection_id:
                pass
            case (stage, collection, _) if destination.is_custom and collection == CONNECTIONS:
                route = "/".join((stage, *destination.rest[1:]))
                return management_answers.no_such_route(ids, route, request.method, self._unknowns)
            case _:
                return management_answers.forbidden(ids, self._unknowns)
        if len(request.body) > MAX_POST_BYTES:
            return management_answers.too_large(ids, self._unknowns)
        if not identifiers.is_well_formed(connection_id):
            return management_answers.invalid_connection_id(ids, connection_id)
        return Subject(destination.api, connection_id)


class _Call:
    """A call in somebody else's hands; see `ManagementCall`."""

    def __init__(
        self, management: ManagementApi, request: HttpRequest, ids: CallIds, subject: Subject | HttpAnswer
    ) -> None:
        self.request = request
        self.request_id = ids.request_id
        self.connection_id = None if isinstance(subject, HttpAnswer) else subject.connection_id
        self._management = management
        self._ids = ids
        self._subject = subject

    def carry_out(self) -> HttpAnswer:
        if isinstance(self._subject, HttpAnswer):
            return self._subject
        return self._management.act(self.request, self._ids, self._subject)

    def fail(self, status: int) -> HttpAnswer:
        return self._management.fail(status, self._ids)
