"""`permessage-deflate` (RFC 7692), for the case that API Gateway takes it up (HS-29)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from websockets.exceptions import InvalidHeader, NegotiationError
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.headers import build_extension, parse_extension

if TYPE_CHECKING:
    from websockets.extensions import Extension

    from reference_app.gateway.http_message import HttpRequest

_FACTORY = ServerPerMessageDeflateFactory()


class Compression(NamedTuple):
    """What the 101 says of it, and what frames pass through."""

    header: str
    extension: Extension


def negotiated(request: HttpRequest) -> Compression | None:
    """Return the first of the client's offers that can be met; None when there is none."""
    for header in request.header_values("sec-websocket-extensions"):
        try:
            offers = parse_extension(header)
        except InvalidHeader:
            continue
        for name, parameters in offers:
            if name != _FACTORY.name:
                continue
            try:
                accepted, extension = _FACTORY.process_request_params(parameters, [])
            except NegotiationError:
                continue
            return Compression(build_extension([(name, accepted)]), extension)
    return None
