"""The part of a WebSocket proxy event that this backend reads (EV-20 to EV-36)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Who caused the event, and through which deployed stage."""

    connection_id: str
    request_id: str
    api_id: str
    domain_name: str
    stage: str


def request_context(event: Mapping[str, Any]) -> RequestContext:
    """Read `requestContext`; every field is there in CONNECT, MESSAGE and DISCONNECT alike.

    Raises KeyError for an event that did not come from a WebSocket API.
    """
    context = event["requestContext"]
    return RequestContext(
        connection_id=context["connectionId"],
        request_id=context["requestId"],
        api_id=context["apiId"],
        domain_name=context["domainName"],
        stage=context["stage"],
    )
