"""From the message that a client sent to the bytes that everybody hears."""

from __future__ import annotations

import json
from typing import Any, NoReturn

MAX_PAYLOAD_BYTES = 131_072
"""The most that one PostToConnection takes (MG-24)."""


class UnusableMessageError(Exception):
    """The message cannot be broadcast; `reason` is written for the client who sent it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def broadcast_payload(body: str | None) -> bytes:
    """Take `data` out of the message: a string as raw text, any other JSON value as compact JSON, in UTF-8.

    Raises UnusableMessageError. It happens for text that is not JSON as well, because API Gateway's own
    parser is lenient (RT-8) and routes here what RFC 8259 does not allow.
    """
    message = _parsed(body or "")
    if not isinstance(message, dict):
        raise UnusableMessageError("Message is not a JSON object")
    if "data" not in message:
        raise UnusableMessageError("Message has no data")
    payload = _encoded(message["data"])
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise UnusableMessageError("Message too large")
    return payload


def _parsed(body: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise UnusableMessageError("Message is not valid JSON") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _encoded(data: object) -> bytes:
    if isinstance(data, str):
        return _utf8(data)
    try:
        # A number that overflows a double was read as infinity, which JSON cannot say.
        text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (ValueError, RecursionError) as error:
        raise UnusableMessageError("Message data cannot be written as JSON") from error
    # A lone surrogate stands inside a JSON string here, where its escape means the same (RFC 8259, 7).
    return text.encode("utf-8", "backslashreplace")


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UnusableMessageError("Message data is not valid Unicode") from error
