"""Behaves as the event's `mood` says."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

served = 0


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    global served
    served += 1
    match event.get("mood"):
        case "raise":
            raise ValueError("not today")
        case "exit":
            os._exit(3)
        case "sleep":
            time.sleep(event["seconds"])
        case "print":
            sys.stdout.write(event["text"] + "\n")
        case "work-on":
            # What a handler leaves running stands still until the next event (RC-20).
            threading.Thread(target=_append_for_ever, args=(Path(event["file"]),), daemon=True).start()
    return {
        "pid": os.getpid(),
        "served": served,
        "variable": os.environ.get(event.get("variable", "")),
        "remaining_ms": context.get_remaining_time_in_millis(),
        "function_arn": context.invoked_function_arn,
        "cwd": str(Path.cwd()),
    }


def _append_for_ever(file: Path) -> None:
    while True:
        with file.open("a") as lines:
            lines.write("still here\n")
        time.sleep(0.001)
