"""`POST`, `GET` and `DELETE` on `/{stage}/@connections/{connectionId}` (MG-1).

Every call passes `ManagementApi.answer`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from reference_app.gateway.websocket_api import close_causes, identifiers, management_answers
from reference_app.gateway.websocket_api.api_directory import CONNECTIONS
from reference_app.gateway.websocket_api.management_answers import CallIds

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_app.gateway.clock import Clock
    from reference_app.gateway.http_message import HttpAnswer, HttpRequest
    from reference_app.gateway.unknowns import Unknowns
    from reference_app.gateway.websocket_api.api_directory import ApiDirectory
    from reference_app.gateway.websocket_api.connections import Connection, ConnectionRegistry
    from reference_app.gateway.websocket_api.identifiers import IdSource
    from reference_app.gateway.websocket_api.sigv4 import SignatureVerifier

MAX_POST_BYTES = 131072
"""MG-24."""
_METHODS = frozenset({"POST", "GET", "DELETE"})


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
    ) -> None:
        """`wall_clock` (epoch seconds) dates signatures; callers sign by it, wherever `clock` stands."""
        self._directory = directory
        self._registry = registry
        self._verifier = verifier
        self._ids = ids
        self._clock = clock
        self._unknowns = unknowns
        self._wall_clock = wall_clock

    def answer(self, request: HttpRequest) -> HttpAnswer:
        """Carry out one call."""
        now = self._clock.epoch_ms()
        call = CallIds(self._ids.uuid(), self._ids.request_id(now), self._ids.trace_id(now))
        match self._verifier.verify(request, self._wall_clock()):
            case "unsigned":
                return management_answers.unsigned(call, self._unknowns)
            case "refused":
                return management_answers.forbidden(call, self._unknowns)
            case "valid":
                return self._answer_signed(request, call)

    def _answer_signed(self, request: HttpRequest, call: CallIds) -> HttpAnswer:
        destination = self._directory.find(request)
        if destination is None or request.method not in _METHODS:
            return management_answers.forbidden(call, self._unknowns)
        match destination.rest:
            case (collection, connection_id) if collection == CONNECTIONS and connection_id:
                pass
            case _:
                return management_answers.forbidden(call, self._unknowns)
        if len(request.body) > MAX_POST_BYTES:
            return management_answers.too_large(call, self._unknowns)
        if not identifiers.is_well_formed(connection_id):
            return management_answers.invalid_connection_id(call, connection_id)
        connection = self._registry.find_open(connection_id, destination.api)
        if connection is None:
            return management_answers.gone(call)
        return self._act(request, call, connection)

    def _act(self, request: HttpRequest, call: CallIds, connection: Connection) -> HttpAnswer:
        if request.method == "POST":
            sent = connection.client.send(request.body)
            return management_answers.posted(call) if sent else management_answers.limit_exceeded(call)
        if request.method == "DELETE":
            connection.client.close(close_causes.deleted(self._unknowns))
            return management_answers.deleted(call)
        facts = connection.facts
        return management_answers.described(
            call, facts.source_ip, facts.user_agent, facts.connected_at_ms, connection.last_active_at_ms
        )
