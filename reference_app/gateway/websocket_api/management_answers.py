"""The answers of `@connections`, byte for byte (MG-10 to MG-18).

Header names are in lower case and in the order of the captures; `date` comes first and is added on writing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reference_app.gateway.http_message import HttpAnswer, message_body

if TYPE_CHECKING:
    from reference_app.gateway.unknowns import Unknowns

_JSON = ("content-type", "application/json")
_SERVER_ERRORS = {
    500: ("InternalServerErrorException", "Internal server error"),
    502: ("BadGatewayException", "Bad Gateway"),
    503: ("ServiceUnavailableException", "Service Unavailable"),
    504: ("GatewayTimeoutException", "Endpoint request timed out"),
}


@dataclass(frozen=True, slots=True)
class CallIds:
    """The ids that one answer carries (EV-56)."""

    request_id: str
    """`x-amzn-requestid`, a UUID."""
    apigw_id: str
    """`x-amz-apigw-id`, of the form of a request id."""
    trace_id: str


def posted(ids: CallIds) -> HttpAnswer:
    """POST delivered to the connection's outbound queue (MG-10)."""
    return HttpAnswer(200, (_JSON, ("content-length", "0"), *_request_ids(ids), _trace(ids)))


def described(
    ids: CallIds, source_ip: str, user_agent: str | None, connected_at_ms: int, last_active_at_ms: int
) -> HttpAnswer:
    """GET of an open connection (MG-11); `userAgent` is null when the client sent none (MG-20)."""
    body = json.dumps(
        {
            "identity": {"sourceIp": source_ip, "userAgent": user_agent},
            "connectedAt": _instant(connected_at_ms),
            "lastActiveAt": _instant(last_active_at_ms),
        },
        indent=2,
        separators=(",", " : "),
        ensure_ascii=False,
    ).encode()
    return HttpAnswer(200, (_JSON, ("content-length", str(len(body))), *_request_ids(ids), _trace(ids)), body)


def deleted(ids: CallIds) -> HttpAnswer:
    """DELETE of an open connection: neither content-type nor content-length (MG-12)."""
    return HttpAnswer(204, (*_request_ids(ids), _trace(ids)))


def gone(ids: CallIds) -> HttpAnswer:
    """The connection is closed, not yet established, or never was (MG-13, MG-21, RC-1): an empty body."""
    headers = (_JSON, ("content-length", "0"), ("x-amzn-errortype", "GoneException"))
    return HttpAnswer(410, (*headers, *_request_ids(ids), _trace(ids)))


def invalid_connection_id(ids: CallIds, connection_id: str) -> HttpAnswer:
    """No id of this service's form; no trace id here (MG-14)."""
    return _error(400, "BadRequestException", f"Invalid connectionId: {connection_id}", ids)


def forbidden(ids: CallIds, unknowns: Unknowns) -> HttpAnswer:
    """Wrong signature, credentials, stage or path (MG-15, MG-33)."""
    return _error(403, "ForbiddenException", unknowns.forbidden_message, ids)


def no_such_route(ids: CallIds, route: str, method: str, unknowns: Unknowns) -> HttpAnswer:
    """The stage stands in the path at a custom domain, where it does not belong (MG-32)."""
    message = f"No method found matching route {route} for http method {method}."
    return _error(unknowns.stage_at_custom_domain_status, "ForbiddenException", message, ids)


def unsigned(ids: CallIds, unknowns: Unknowns) -> HttpAnswer:
    """The call carries no SigV4 signature (MG-18)."""
    return _error(403, "MissingAuthenticationTokenException", unknowns.unsigned_message, ids)


def too_large(ids: CallIds, unknowns: Unknowns) -> HttpAnswer:
    """More than 131072 bytes in one POST (MG-16, MG-24)."""
    return _error(413, "PayloadTooLargeException", unknowns.too_large_message, ids)


def limit_exceeded(ids: CallIds) -> HttpAnswer:
    """The client does not read, and its outbound buffer is full (MG-17): an empty body."""
    headers = (_JSON, ("content-length", "0"), ("x-amzn-errortype", "LimitExceededException"))
    return HttpAnswer(429, (*headers, *_request_ids(ids)))


def failure(status: int, ids: CallIds, unknowns: Unknowns) -> HttpAnswer:
    """The answer with a status of 400 or more, for whoever asks for a failure.

    The service's model has no error of 5xx, and no capture shows one: type and text are API Gateway's own.
    """
    match status:
        case 403:
            return forbidden(ids, unknowns)
        case 410:
            return gone(ids)
        case 413:
            return too_large(ids, unknowns)
        case 429:
            return limit_exceeded(ids)
        case _:
            error_type, message = _SERVER_ERRORS.get(status, _SERVER_ERRORS[500])
            return _error(status, error_type if unknowns.server_error_type == "named" else None, message, ids)


def _error(status: int, error_type: str | None, message: str, ids: CallIds) -> HttpAnswer:
    body = message_body(message)
    named = (("x-amzn-errortype", error_type),) if error_type is not None else ()
    headers = (_JSON, ("content-length", str(len(body))), *named)
    return HttpAnswer(status, (*headers, *_request_ids(ids)), body)


def _request_ids(ids: CallIds) -> tuple[tuple[str, str], ...]:
    return (("x-amzn-requestid", ids.request_id), ("x-amz-apigw-id", ids.apigw_id))


def _trace(ids: CallIds) -> tuple[str, str]:
    return ("x-amzn-trace-id", ids.trace_id)


def _instant(epoch_ms: int) -> str:
    seconds, milliseconds = divmod(epoch_ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{milliseconds:03}Z"
