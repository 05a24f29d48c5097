"""`$disconnect`: whoever leaves loses the row."""

from __future__ import annotations

import os
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .connection_table import connection_table
from .structured_log import log_event
from .websocket_event import request_context

TABLE = connection_table(os.environ["TABLE_NAME"])


def handler(event: dict[str, Any], _context: object) -> dict[str, int]:
    """Delete the row, at the second delivery of the event as well (DC-1 promises neither one nor none)."""
    caller = request_context(event)
    try:
        TABLE.remove(caller.connection_id)
    except (ClientError, BotoCoreError) as error:
        # The connection is closed all the same; the next broadcast meets a 410 and removes the row.
        log_event("ERROR", "row_not_removed", connectionId=caller.connection_id, error=str(error))
        return {"statusCode": 500}
    context = event["requestContext"]
    log_event(
        "INFO", "disconnected", connectionId=caller.connection_id, code=context.get("disconnectStatusCode")
    )
    return {"statusCode": 200}
