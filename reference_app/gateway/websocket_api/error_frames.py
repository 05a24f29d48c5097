"""The JSON text frames with which the gateway itself answers a message (RT-20 to RT-22), byte for byte."""

from __future__ import annotations

FORBIDDEN = "Forbidden"
"""No route and no `$default` (RT-20)."""
INTERNAL_SERVER_ERROR = "Internal server error"
"""The function failed, or returned no valid proxy result (RT-21)."""
ENDPOINT_TIMED_OUT = "Endpoint request timed out"
"""The integration timeout passed (RT-22)."""


def bad_request_frame(form: str, connection_id: str, message_id: str) -> bytes:
    """Return the frame for a message that no model lets pass, with the ids where `form` has them (RT-23)."""
    return form.replace("{connectionId}", connection_id).replace("{messageId}", message_id).encode()


def error_frame(message: str, connection_id: str, request_id: str) -> bytes:
    """Return the payload; spacing as in every verbatim capture. The arguments must need no JSON escapes."""
    return (
        f'{{"message": "{message}", "connectionId":"{connection_id}", "requestId":"{request_id}"}}'.encode()
    )
