"""One table of everything that AWS does in a way nobody has written down.

Each row is a field of `Unknowns`: its default is the stack's guess; its metadata names the open question
(Q-*) and the fact (HS-*, RT-*, …) of the behaviour catalogue. A guess can be overridden by `NAME=VALUE`, so
that one run can show whether a backend depends on it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")


class UnknownsError(ValueError):
    """An override that names no row, or gives a row a value that it cannot take."""


def _row(default: T, question: str, fact: str, meaning: str) -> T:
    row: T = dataclasses.field(
        default=default, metadata={"question": question, "fact": fact, "meaning": meaning}
    )
    return row


@dataclass(frozen=True)
class Unknowns:
    """The behaviour that the local gateway shows where AWS's own is unknown or disputed."""

    # Handshake
    connect_timeout_status: int = _row(504, "Q-6", "HS-11", "status when the $connect integration times out")
    invalid_connect_result_status: int = _row(
        502, "Q-6", "HS-10", "status when $connect returns no proxy result"
    )
    authorizer_failure_status: int = _row(
        500, "Q-6", "HS-21", "status when the authorizer fails, times out or returns no valid policy"
    )
    long_url_status: int = _row(414, "Q-6", "LM-11", "status for a URL of more than 4096 characters")
    connects_per_second: int = _row(
        0, "Q-29", "LM-1", "handshakes a second beyond which clients get 429; AWS's quota is 500, 0 is none"
    )
    handshake_refusal_body: Literal["empty", "error-frame"] = _row(
        "empty", "Q-6", "HS-12", "body of a refused handshake: none, or the JSON that error frames carry"
    )
    unknown_stage_status: int = _row(403, "Q-6", "HS-26", "status for a path that is no stage of an API")
    abandoned_connect: Literal["disconnect-after-connect", "no-disconnect"] = _row(
        "disconnect-after-connect", "Q-3", "RC-11", "what follows when the client leaves while $connect runs"
    )
    refused_connect_sends_disconnect: bool = _row(
        False, "Q-4", "DC-7", "whether $disconnect runs after $connect refused the client"
    )
    gone_after_connect_ms: int = _row(
        0, "Q-1", "RC-4", "how long after the 101 @connections goes on to answer 410"
    )
    pending_get: Literal["gone", "described"] = _row(
        "gone", "Q-1", "RC-5", "what GET @connections answers while $connect runs"
    )
    permessage_deflate: Literal["declined", "accepted"] = _row(
        "declined", "Q-8", "HS-29", "what the 101 says to a client that offers permessage-deflate"
    )
    # Routing and results
    lenient_json: Literal["permissive", "unquoted-keys", "strict"] = _row(
        "permissive", "Q-9", "RT-8", "permissive adds single quotes and trailing commas to unquoted keys"
    )
    null_selector: Literal["empty", "null"] = _row(
        "empty", "Q-10", "RT-9", "route key made of a JSON null: the empty string or `null`"
    )
    message_concurrency: Literal["concurrent", "serial"] = _row(
        "concurrent", "Q-14", "RT-39", "whether messages of one connection are invoked side by side"
    )
    string_status_code: Literal["refused", "accepted"] = _row(
        "refused", "Q-13", "RT-33", 'whether "200" passes for the statusCode 200'
    )
    non_string_body: Literal["refused", "accepted"] = _row(
        "refused", "Q-13", "RT-33", "whether a result's body may be something else than a string"
    )
    two_way_error_status: Literal["body", "error-frame"] = _row(
        "body", "Q-13", "RT-35", "what a two-way route sends for a status outside 2xx"
    )
    two_way_empty_body: Literal["nothing", "empty-frame"] = _row(
        "nothing", "Q-13", "RT-36", "what a two-way route sends for an empty or missing body"
    )
    two_way_base64_body: Literal["decoded", "verbatim"] = _row(
        "decoded", "Q-13", "RT-36", "what a two-way route sends for isBase64Encoded"
    )
    function_timeout: Literal["internal-server-error", "endpoint-timed-out"] = _row(
        "internal-server-error", "Q-27", "RT-22", "what a function that exceeds its own timeout counts as"
    )
    bad_request_frame: str = _row(
        '{"message" : "Bad request body", "connectionId": "{connectionId}", "messageId": "{messageId}"}',
        "Q-12",
        "RT-23",
        "the frame for a message that no model lets pass",
    )
    throttled_message: str = _row(
        "Too Many Requests", "Q-11", "RT-24", "message of the frame that answers a throttled message"
    )
    # Frames
    frame_limit_bytes: int = _row(32768, "Q-15", "RT-56", "largest frame that a client may send")
    message_limit_bytes: int = _row(131072, "Q-15", "RT-56", "largest message that a client may send")
    binary_close_reason: str = _row("", "Q-16", "RT-54", "reason beside 1003")
    too_big_close_reason: str = _row("", "Q-15", "RT-54", "reason beside 1009")
    invalid_utf8_close_code: int = _row(1007, "Q-16", "RT-60", "close code for text that is not UTF-8")
    protocol_error_close_code: int = _row(
        1002, "Q-16", "RT-60", "close code for reserved bits, missing masks, bad opcodes"
    )
    ping_resets_idle: bool = _row(False, "Q-18", "RT-59", "whether a client's PING restarts the idle time")
    # Endings
    abrupt_close_code: int = _row(1006, "Q-5", "DC-25", "disconnectStatusCode without a close frame")
    abrupt_close_reason: str = _row("", "Q-5", "DC-25", "disconnectReason without a close frame")
    client_close_reason: Literal["passed-on", "dropped"] = _row(
        "passed-on", "Q-5", "DC-24", "whether $disconnect is told the reason that a client closed with"
    )
    refused_frame_told: Literal["as-sent", "abrupt"] = _row(
        "as-sent", "Q-15", "DC-26", "what $disconnect is told after 1003 or 1009: that, or an abrupt end"
    )
    failed_disconnect_attempts: int = _row(
        1, "Q-23", "DC-6", "how often $disconnect is invoked when its function fails every time"
    )
    duration_close_code: int = _row(1001, "Q-19", "LM-18", "close code of the two hours' limit")
    duration_close_reason: str = _row("Going away", "Q-19", "LM-18", "reason of the two hours' limit")
    delete_close_reason: str = _row(
        "Connection Closed Normally", "Q-20", "MG-27", "reason on the wire after DELETE @connections"
    )
    # Event sources
    stream_retry_ms: int = _row(
        1000, "Q-30", "ES-5", "how long a batch of stream records that failed waits to be tried again"
    )
    # @connections
    forbidden_message: str = _row("Forbidden", "Q-21", "MG-15", "message of a management 403")
    unsigned_message: str = _row(
        "Missing Authentication Token", "Q-21", "MG-18", "message for an unsigned call"
    )
    stage_at_custom_domain_status: int = _row(
        403, "Q-21", "MG-32", "status of a call by a custom domain that names the stage as well"
    )
    too_large_message: str = _row("Payload too large", "Q-17", "MG-16", "message of a management 413")
    server_error_type: Literal["named", "none"] = _row(
        "named", "Q-24", "CL-3", "whether a 5xx of @connections names its error type; SDKs go by that"
    )
    outbound_buffer_bytes: int = _row(
        524288, "Q-22", "MG-17", "bytes that may wait for one client before a POST to it gets 429"
    )
    non_utf8_post: Literal["text-replaced", "binary"] = _row(
        "text-replaced", "Q-17", "MG-25", "how a body that is not UTF-8 is delivered"
    )
    large_post: Literal["single-frame", "split"] = _row(
        "single-frame", "Q-17", "LM-6", "whether a body above the frame limit arrives in several frames"
    )


@dataclass(frozen=True)
class UnknownRow:
    """One row of the table, for help texts and reports."""

    name: str
    default: object
    question: str
    fact: str
    meaning: str


def rows() -> tuple[UnknownRow, ...]:
    """Return the whole table in the order in which it is written."""
    return tuple(
        UnknownRow(row.name, row.default, **{key: str(value) for key, value in row.metadata.items()})
        for row in dataclasses.fields(Unknowns)
    )


def from_assignments(assignments: Iterable[str]) -> Unknowns:
    """Build the table with some rows overridden, each as `NAME=VALUE`; the last one of a name wins.

    Raises UnknownsError, whose text says which assignment is wrong and what would be accepted.
    """
    types = get_type_hints(Unknowns)
    overrides: dict[str, Any] = {}
    for assignment in assignments:
        name, separator, value = assignment.partition("=")
        if not separator:
            raise UnknownsError(f"{assignment!r} is not of the form NAME=VALUE")
        if name not in types:
            raise UnknownsError(f"{name!r} is no unknown behaviour; there are: {', '.join(sorted(types))}")
        overrides[name] = _parse(name, value, types[name])
    return Unknowns(**overrides)


def assignments_in(text: str) -> list[str]:
    """The assignments of a table as text: one a line; empty lines and `#` lines say nothing."""
    return [line for line in text.split("\n") if line.strip() and not line.startswith("#")]


def _parse(name: str, value: str, kind: object) -> object:
    choices = get_args(kind)
    if choices:
        if value not in choices:
            raise UnknownsError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
        return value
    if kind is bool:
        if value not in ("true", "false"):
            raise UnknownsError(f"{name} must be true or false, not {value!r}")
        return value == "true"
    if kind is int:
        if not (value.isascii() and value.isdigit()):
            raise UnknownsError(f"{name} must be a whole number, not {value!r}")
        return int(value)
    return value
