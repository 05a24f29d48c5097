"""`$connect`: whoever is let in has a row."""

from __future__ import annotations

import os
import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .connection_table import connection_table
from .structured_log import log_event
from .websocket_event import request_context

# Made while the environment starts, ahead of the first handshake.
TABLE = connection_table(os.environ["TABLE_NAME"])


def handler(event: dict[str, Any], _context: object) -> dict[str, int]:
    """Store the row, then accept; without a row the client would be deaf, so refuse it (HS-5, HS-8)."""
    caller = request_context(event)
    try:
        TABLE.add(caller.connection_id, time.time_ns() // 1_000_000)
    except (ClientError, BotoCoreError) as error:
        log_event("ERROR", "connect_refused", connectionId=caller.connection_id, error=str(error))
        return {"statusCode": 500}
    log_event("INFO", "connected", connectionId=caller.connection_id)
    return {"statusCode": 200}
