"""API Gateway's calls to functions: which event, which function, what the outcome means to the client.

Every invocation passes `Integrations._invoke`.
"""

from __future__ import annotations

import asyncio
import http
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from reference_app.gateway.functions.invocation import Failed, InvocationFacts, Returned
from reference_app.gateway.template.application import Route
from reference_app.gateway.websocket_api import (
    authorization,
    error_frames,
    mock_integration,
    proxy_event,
    proxy_result,
)
from reference_app.gateway.websocket_api.interference import TimedOut
from reference_app.gateway.websocket_api.message_validation import MessageValidation
from reference_app.gateway.websocket_api.proxy_event import Occasion
from reference_app.gateway.websocket_api.proxy_result import InvalidProxyResult
from reference_app.gateway.websocket_api.route_selection import RouteSelector
from reference_app.gateway.websocket_api.throttling import Throttles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reference_app.gateway.clock import Clock
    from reference_app.gateway.functions.invocation import Invoker
    from reference_app.gateway.http_message import HttpRequest
    from reference_app.gateway.template.application import Authorizer, Mock, WebSocketApi
    from reference_app.gateway.unknowns import Unknowns
    from reference_app.gateway.websocket_api import sigv4
    from reference_app.gateway.websocket_api.close_causes import Ending
    from reference_app.gateway.websocket_api.connections import Connection
    from reference_app.gateway.websocket_api.identifiers import IdSource
    from reference_app.gateway.websocket_api.interference import Interference, Outcome

_BAD_GATEWAY = 502
_STATUSES = frozenset(http.HTTPStatus)


@dataclass(frozen=True, slots=True)
class Admitted:
    """`$connect` let the client in, with the subprotocol that the function chose (HS-14)."""

    subprotocol: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """`$connect` did not let the client in."""

    status: int
    message: str
    request_id: str


class Integrations:
    """The routes of some APIs, bound to an invoker."""

    def __init__(
        self,
        apis: Sequence[WebSocketApi],
        invoker: Invoker,
        ids: IdSource,
        clock: Clock,
        unknowns: Unknowns,
        interference: Interference | None = None,
        *,
        execute_api: str,
        verify: Callable[[HttpRequest], sigv4.Verdict],
    ) -> None:
        """`execute_api` is how ARNs of these APIs begin: `arn:aws:execute-api:{region}:{account}`.

        `verify` tells how the handshake of a route with IAM authorization is signed.

        Raises UnsupportedExpression for a route selection expression that cannot be evaluated.
        """
        self._selectors = {
            api.api_id: RouteSelector(api.route_selection_expression, api.routes, unknowns) for api in apis
        }
        self._validations = {
            (api.api_id, key): MessageValidation(route.models, unknowns)
            for api in apis
            for key, route in api.routes.items()
            if route.models is not None
        }
        self._throttles = Throttles(apis, unknowns.connects_per_second)
        self._invoker = invoker
        self._ids = ids
        self._clock = clock
        self._unknowns = unknowns
        self._interference = interference
        self._execute_api = execute_api
        self._verify = verify

    async def connect(self, connection: Connection, request: HttpRequest) -> Admitted | Refused:
        """Run `$connect`; without such a route everybody is let in (HS-6)."""
        if not self._throttles.let_connect(connection.api.api_id, self._clock.monotonic()):
            return Refused(429, _phrase(429), self._ids.request_id(self._clock.epoch_ms()))  # HS-24
        route = connection.api.routes.get("$connect")
        if route is None:
            return Admitted(None)
        occasion = self._occasion(route)
        trace_id = self._ids.trace_id(occasion.epoch_ms)
        refused = await self._guard(route, connection, occasion, request, trace_id)
        if refused is not None:
            return refused
        if route.mock is not None:
            return self._mocked_admission(route.mock, occasion.request_id)
        if route.function is None:
            return Admitted(None)
        event = proxy_event.connect_event(connection.facts, occasion, request, trace_id)
        facts = _facts(route, route.function, connection, occasion)
        outcome = await self._invoke(route, facts, event)
        admission = self._admission(outcome, occasion.request_id)
        if self._interference is not None and isinstance(admission, Admitted):
            await self._interference.admit(facts)
        return admission

    async def _guard(
        self, route: Route, connection: Connection, occasion: Occasion, request: HttpRequest, trace_id: str
    ) -> Refused | None:
        """Ask for signature, authorizer and API key, where the route wants that (HS-17, HS-22, HS-23)."""
        if route.iam and (verdict := self._verify(request)) != "valid":
            message = self._unknowns.unsigned_message if verdict == "unsigned" else "Forbidden"
            return Refused(403, message, occasion.request_id)  # HS-22
        allowed = None
        if route.authorizer is not None:
            answer = await self._authorize(route.authorizer, connection, occasion, request, trace_id)
            if isinstance(answer, Refused):
                return answer
            allowed = answer
        if route.api_key_required:
            key = authorization.api_key(connection.api.api_keys, request, allowed)
            if key is None:
                return Refused(403, "Forbidden", occasion.request_id)
            if not self._throttles.let_key_pass(connection.api.api_id, key.value, self._clock.monotonic()):
                return Refused(429, _phrase(429), occasion.request_id)  # HS-24
            connection.facts = replace(connection.facts, api_key=key)
        return None

    async def _authorize(
        self,
        authorizer: Authorizer,
        connection: Connection,
        occasion: Occasion,
        request: HttpRequest,
        trace_id: str,
    ) -> Refused | authorization.Allowed:
        """Ask the authorizer; what it says of a client that it lets in becomes part of the connection."""
        facts = connection.facts
        if not authorization.has_identity(authorizer, request, facts.stage_variables):
            return Refused(401, "Unauthorized", occasion.request_id)  # HS-18
        arn = authorization.method_arn(self._execute_api, facts.api_id, facts.stage)
        event = proxy_event.authorizer_event(facts, occasion, request, trace_id, arn)
        route = Route(occasion.route_key, authorizer.function)
        started = self._clock.monotonic()
        outcome = await self._invoke(route, _facts(route, authorizer.function, connection, occasion), event)
        match _verdict(outcome, arn):
            case authorization.Allowed() as allowed:
                latency_ms = round((self._clock.monotonic() - started) * 1000)
                said = {**allowed.context, "integrationLatency": latency_ms}
                connection.facts = replace(facts, authorizer=said)
                return allowed
            case "unauthorized":
                return Refused(401, "Unauthorized", occasion.request_id)  # HS-19
            case "denied":
                return Refused(403, "Forbidden", occasion.request_id)  # HS-19
            case "failed":
                status = self._unknowns.authorizer_failure_status
                return Refused(status, error_frames.INTERNAL_SERVER_ERROR, occasion.request_id)

    async def message(self, connection: Connection, text: str) -> bytes | None:
        """Run the route that a message selects; return the frame for its sender, if it gets one."""
        route = self._selectors[connection.api.api_id].select(text)
        if route is None:
            return self._error_frame(error_frames.FORBIDDEN, connection)  # RT-20
        if not self._throttles.let_pass(connection.api.api_id, route.key, self._clock.monotonic()):
            return self._error_frame(self._unknowns.throttled_message, connection)  # RT-24
        occasion = self._occasion(route)
        message_id = self._ids.message_id(occasion.epoch_ms, connection.facts.connection_id)
        validation = self._validations.get((connection.api.api_id, route.key))
        if validation is not None and not validation.accepts(text):
            form = self._unknowns.bad_request_frame
            return error_frames.bad_request_frame(form, connection.facts.connection_id, message_id)  # RT-23
        if route.mock is not None:
            outcome: Outcome = mock_integration.outcome_of(route.mock)
            return self._reply(route, outcome, connection.facts.connection_id, occasion.request_id)
        if route.function is None:
            return self._error_frame(error_frames.INTERNAL_SERVER_ERROR, connection)
        event = proxy_event.message_event(connection.facts, occasion, message_id, text)
        outcome = await self._invoke(route, _facts(route, route.function, connection, occasion), event)
        return self._reply(route, outcome, connection.facts.connection_id, occasion.request_id)

    async def disconnect(self, connection: Connection, ending: Ending) -> None:
        """Run `$disconnect`; whatever comes of it concerns nobody (DC-1, DC-6)."""
        route = connection.api.routes.get("$disconnect")
        if route is None or route.function is None:
            return
        occasion = self._occasion(route)
        event = proxy_event.disconnect_event(connection.facts, occasion, ending)
        facts = _facts(route, route.function, connection, occasion)
        deliver = partial(self._deliver_disconnect, route, facts, event)
        if self._interference is None:
            await deliver()
        else:
            await self._interference.disconnect(facts, deliver)

    async def _deliver_disconnect(self, route: Route, facts: InvocationFacts, event: bytes) -> None:
        for _ in range(self._unknowns.failed_disconnect_attempts):
            if isinstance(await self._invoke(route, facts, event), Returned):
                return

    async def _invoke(self, route: Route, facts: InvocationFacts, event: bytes) -> Outcome:
        if self._interference is None:
            return await self._run(route, facts, event)
        return await self._interference.invoke(facts, partial(self._run, route, facts, event))

    async def _run(self, route: Route, facts: InvocationFacts, event: bytes) -> Outcome:
        try:
            async with asyncio.timeout(route.timeout_s):  # LM-7
                outcome = await self._invoker.invoke(facts.function, event, facts)
        except TimeoutError:
            return TimedOut()
        timed_out = isinstance(outcome, Failed) and outcome.reason == "function-timeout"
        return (
            TimedOut() if timed_out and self._unknowns.function_timeout == "endpoint-timed-out" else outcome
        )

    def _mocked_admission(self, mock: Mock, request_id: str) -> Admitted | Refused:
        if mock.status is None:
            status = mock_integration.CONFIGURATION_ERROR_STATUS  # MK-2
            return Refused(status, error_frames.INTERNAL_SERVER_ERROR, request_id)
        return self._admission(mock_integration.outcome_of(mock), request_id)

    def _admission(self, outcome: Outcome, request_id: str) -> Admitted | Refused:
        if isinstance(outcome, TimedOut):
            status = self._unknowns.connect_timeout_status
            return Refused(status, error_frames.ENDPOINT_TIMED_OUT, request_id)
        if isinstance(outcome, Failed):
            return Refused(_BAD_GATEWAY, error_frames.INTERNAL_SERVER_ERROR, request_id)  # HS-9
        try:
            result = proxy_result.parse(outcome.payload, self._unknowns)
        except InvalidProxyResult:
            status = self._unknowns.invalid_connect_result_status
            return Refused(status, error_frames.INTERNAL_SERVER_ERROR, request_id)  # HS-10
        if result.is_success:
            return Admitted(result.subprotocol)  # HS-7
        return Refused(result.status_code, _phrase(result.status_code), request_id)  # HS-8

    def _reply(self, route: Route, outcome: Outcome, connection_id: str, request_id: str) -> bytes | None:
        if isinstance(outcome, TimedOut):
            return error_frames.error_frame(error_frames.ENDPOINT_TIMED_OUT, connection_id, request_id)
        failure = error_frames.error_frame(error_frames.INTERNAL_SERVER_ERROR, connection_id, request_id)
        if isinstance(outcome, Failed):
            return failure  # RT-31
        try:
            result = proxy_result.parse(outcome.payload, self._unknowns)
        except InvalidProxyResult:
            return failure  # RT-32, RT-33
        if not route.two_way:
            return None  # RT-30
        if not result.is_success and self._unknowns.two_way_error_status == "error-frame":
            return failure  # RT-35
        if result.body is None:
            return b"" if self._unknowns.two_way_empty_body == "empty-frame" else None  # RT-36
        return (
            result.body if isinstance(result.body, bytes) else result.body.encode(errors="replace")
        )  # RT-34

    def _error_frame(self, message: str, connection: Connection) -> bytes:
        request_id = self._ids.request_id(self._clock.epoch_ms())
        return error_frames.error_frame(message, connection.facts.connection_id, request_id)

    def _occasion(self, route: Route) -> Occasion:
        now = self._clock.epoch_ms()
        return Occasion(route.key, self._ids.request_id(now), now)


def _verdict(outcome: Outcome, arn: str) -> authorization.Verdict:
    match outcome:
        case Returned(payload):
            return authorization.verdict_of_result(payload, arn)
        case Failed():
            return authorization.verdict_of_error(outcome.message)
        case TimedOut():
            return "failed"


def _facts(route: Route, function: str, connection: Connection, occasion: Occasion) -> InvocationFacts:
    return InvocationFacts(function, route.key, connection.facts.connection_id, occasion.request_id)


def _phrase(status: int) -> str:
    return http.HTTPStatus(status).phrase if status in _STATUSES else ""
