"""What a client hears about its own unusable message."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .websocket_event import RequestContext


def error_frame(reason: str, sender: RequestContext) -> bytes:
    """Make a frame with the keys of API Gateway's own error frames (RT-20): clients need one parser."""
    frame = {"message": reason, "connectionId": sender.connection_id, "requestId": sender.request_id}
    return json.dumps(frame).encode()
