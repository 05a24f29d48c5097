"""The events that API Gateway hands to a function, key by key in captured order (EV-1 to EV-36)."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reference_app.gateway.http_message import HttpRequest
    from reference_app.gateway.websocket_api.close_causes import Ending

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# json.dumps would make one for each event.
_JSON = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
# HS-28: never in the event, or set by the gateway itself.
_NOT_PASSED_ON = frozenset(
    {
        *("connection", "upgrade", "host"),
        *("x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"),
    }
)


class ApiKey(NamedTuple):
    """The API key with which a client came."""

    value: str
    key_id: str


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """What stays the same for the whole life of a connection."""

    connection_id: str
    api_id: str
    domain_name: str
    stage: str
    stage_variables: Mapping[str, str]
    source_ip: str
    user_agent: str | None
    connected_at_ms: int
    authorizer: Mapping[str, object] | None = None
    """What the authorizer said of the client; it goes with every event of the connection (EV-23, DC-8)."""
    api_key: ApiKey | None = None


@dataclass(frozen=True, slots=True)
class Occasion:
    """What is new with every event."""

    route_key: str
    request_id: str
    epoch_ms: int


def connect_event(facts: ConnectionFacts, occasion: Occasion, request: HttpRequest, trace_id: str) -> bytes:
    """Return the CONNECT event for a handshake."""
    event = _handshake(request, facts, trace_id)
    return _serialise(event, facts, _context(facts, occasion, "CONNECT"))


def authorizer_event(
    facts: ConnectionFacts, occasion: Occasion, request: HttpRequest, trace_id: str, method_arn: str
) -> bytes:
    """Return what a REQUEST authorizer is asked: the handshake, and `methodArn` (HS-20)."""
    event = {"type": "REQUEST", "methodArn": method_arn, **_handshake(request, facts, trace_id)}
    event.setdefault("queryStringParameters", {})
    event.setdefault("multiValueQueryStringParameters", {})
    event["stageVariables"] = dict(facts.stage_variables)
    event["requestContext"] = _context(facts, occasion, "CONNECT")
    return _encoded(event)


def message_event(facts: ConnectionFacts, occasion: Occasion, message_id: str, text: str) -> bytes:
    """Return the MESSAGE event; `body` is the message's text as it came (EV-5)."""
    return _serialise({}, facts, _context(facts, occasion, "MESSAGE", message_id=message_id), text)


def disconnect_event(facts: ConnectionFacts, occasion: Occasion, ending: Ending) -> bytes:
    """Return the DISCONNECT event; its headers are always these four (EV-1)."""
    headers = [("Host", facts.domain_name), ("x-api-key", ""), ("X-Forwarded-For", ""), ("x-restapi", "")]
    event: dict[str, object] = {"headers": dict(headers), "multiValueHeaders": _grouped(headers)}
    return _serialise(event, facts, _context(facts, occasion, "DISCONNECT", ending=ending))


def request_time(epoch_ms: int) -> str:
    """Return the time in Common Log Format, UTC: `11/Nov/2024:11:35:24 +0000` (EV-26)."""
    return _common_log_time(epoch_ms // 1000)


# Asked for with every event, and new only once a second.
@lru_cache(maxsize=2)
def _common_log_time(epoch_s: int) -> str:
    at = time.gmtime(epoch_s)
    clock = f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02}"
    return f"{at.tm_mday:02}/{_MONTHS[at.tm_mon - 1]}/{at.tm_year}:{clock} +0000"


def _context(
    facts: ConnectionFacts,
    occasion: Occasion,
    event_type: str,
    *,
    message_id: str | None = None,
    ending: Ending | None = None,
) -> dict[str, object]:
    context: dict[str, object] = {"routeKey": occasion.route_key}
    if message_id is not None:
        context["messageId"] = message_id
    if ending is not None:
        context["disconnectStatusCode"] = ending.status_code
    if facts.authorizer is not None:
        context["authorizer"] = dict(facts.authorizer)
    context["eventType"] = event_type
    context["extendedRequestId"] = occasion.request_id  # EV-25
    context["requestTime"] = request_time(occasion.epoch_ms)
    context["messageDirection"] = "IN"
    if ending is not None:
        context["disconnectReason"] = ending.reason
    context["stage"] = facts.stage
    context["connectedAt"] = facts.connected_at_ms
    context["requestTimeEpoch"] = occasion.epoch_ms
    context["identity"] = _identity(facts)
    context["requestId"] = occasion.request_id
    context["domainName"] = facts.domain_name
    context["connectionId"] = facts.connection_id
    context["apiId"] = facts.api_id
    return context


def _identity(facts: ConnectionFacts) -> dict[str, str]:
    agent = {} if facts.user_agent is None else {"userAgent": facts.user_agent}
    key = {} if facts.api_key is None else {"apiKey": facts.api_key.value, "apiKeyId": facts.api_key.key_id}
    return {**agent, "sourceIp": facts.source_ip, **key}  # EV-32: userAgent first


def _serialise(
    event: dict[str, object], facts: ConnectionFacts, context: dict[str, object], body: str | None = None
) -> bytes:
    if facts.stage_variables:  # EV-3
        event["stageVariables"] = dict(facts.stage_variables)
    event["requestContext"] = context
    if body is not None:
        event["body"] = body
    event["isBase64Encoded"] = False
    return _encoded(event)


def _handshake(request: HttpRequest, facts: ConnectionFacts, trace_id: str) -> dict[str, object]:
    headers = _handshake_headers(request, facts, trace_id)
    event: dict[str, object] = {"headers": dict(headers), "multiValueHeaders": _grouped(headers)}
    query = parse_qsl(request.query, keep_blank_values=True)
    if query:  # EV-2
        event["queryStringParameters"] = dict(query)
        event["multiValueQueryStringParameters"] = _grouped(query)
    return event


def _handshake_headers(request: HttpRequest, facts: ConnectionFacts, trace_id: str) -> list[tuple[str, str]]:
    sent = [(name, value) for name, value in request.headers if name.lower() not in _NOT_PASSED_ON]
    forwarded = ", ".join((*request.header_values("x-forwarded-for"), facts.source_ip))
    return [
        ("Host", facts.domain_name),
        *sent,
        ("X-Amzn-Trace-Id", trace_id),
        ("X-Forwarded-For", forwarded),
        ("X-Forwarded-Port", "443"),
        ("X-Forwarded-Proto", "https"),
    ]


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped


def _encoded(event: dict[str, object]) -> bytes:
    # Half a surrogate pair, as JavaScript may cut one, is no UTF-8.
    return _JSON.encode(event).encode(errors="replace")
