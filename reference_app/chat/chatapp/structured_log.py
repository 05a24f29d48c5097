"""One JSON object a line on standard output, which Lambda sends to CloudWatch as it is."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Literal

Level = Literal["INFO", "WARNING", "ERROR"]


def log_event(level: Level, event: str, **fields: object) -> None:
    """Write one line; `timestamp` and `level` are the names that Lambda's own log level filter reads."""
    timestamp = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = json.dumps({"timestamp": timestamp, "level": level, "event": event, **fields}, default=str)
    sys.stdout.write(line + "\n")
