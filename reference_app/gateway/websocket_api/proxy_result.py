"""What a function's result means to the gateway (RT-30 to RT-36, HS-7 to HS-14)."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_app.gateway.unknowns import Unknowns

# RT-32: a result with any other key is refused, even where nothing of it would be used.
_KEYS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})
_SUBPROTOCOL = "sec-websocket-protocol"
_LOWEST_STATUS, _HIGHEST_STATUS = 200, 599


class InvalidProxyResult(ValueError):  # noqa: N818 - AWS's name for it is "invalid proxy result"
    """The function returned something that is no Lambda proxy result; the text says why."""


@dataclass(frozen=True, slots=True)
class ProxyResult:
    """A result of the right shape."""

    status_code: int
    body: str | bytes | None
    """Text; bytes when the function said `isBase64Encoded`; None when there is no body or an empty one."""
    subprotocol: str | None
    """The function's `Sec-WebSocket-Protocol` header, the only one that a client ever sees (HS-13, HS-14)."""

    @property
    def is_success(self) -> bool:
        return 200 <= self.status_code <= 299


def parse(payload: bytes, unknowns: Unknowns) -> ProxyResult:
    """Read the JSON that a handler returned.

    Raises InvalidProxyResult. On `$connect` that refuses the client (HS-10); elsewhere the client gets the
    RT-21 frame, on one-way routes too (RT-32).
    """
    try:
        result = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise InvalidProxyResult("the result is not JSON") from error
    if not isinstance(result, dict):
        raise InvalidProxyResult(f"the result is no object but {type(result).__name__}")
    if unexpected := sorted(result.keys() - _KEYS):
        raise InvalidProxyResult(f"unexpected keys: {', '.join(unexpected)}")
    status_code = _status_code(result.get("statusCode"), unknowns)
    subprotocol = _subprotocol(result.get("headers"), result.get("multiValueHeaders"))
    return ProxyResult(status_code, _body(result, unknowns), subprotocol)


def _status_code(value: object, unknowns: Unknowns) -> int:
    if isinstance(value, str) and unknowns.string_status_code == "accepted" and value.isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidProxyResult(f"statusCode is not an integer but {value!r:.50}")
    if not _LOWEST_STATUS <= value <= _HIGHEST_STATUS:
        raise InvalidProxyResult(f"statusCode {value} is no final HTTP status")
    return value


def _body(result: dict[str, object], unknowns: Unknowns) -> str | bytes | None:
    body, encoded = result.get("body"), result.get("isBase64Encoded")
    if encoded is not None and not isinstance(encoded, bool):
        raise InvalidProxyResult("isBase64Encoded is not a boolean")
    if body is None or body == "":
        return None
    if not isinstance(body, str):
        if unknowns.non_string_body == "refused":
            raise InvalidProxyResult(f"body is not a string but {type(body).__name__}")
        return json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    if not encoded or unknowns.two_way_base64_body == "verbatim":
        return body
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise InvalidProxyResult("body is not base64") from error


def _subprotocol(headers: object, multi_value_headers: object) -> str | None:
    found = _header(headers)
    multiple = _header(multi_value_headers)
    if isinstance(multiple, list):
        multiple = multiple[0] if multiple else None
    value = multiple if found is None else found
    if value is None:
        return None
    if not (isinstance(value, str) and value.isascii() and value.isprintable()):
        raise InvalidProxyResult("Sec-WebSocket-Protocol is no header value")
    return value


def _header(headers: object) -> object:
    if headers is None:
        return None
    if not isinstance(headers, dict):
        raise InvalidProxyResult("headers are no object")
    return next((value for name, value in headers.items() if name.lower() == _SUBPROTOCOL), None)
