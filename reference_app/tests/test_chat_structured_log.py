from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from reference_app.chat.chatapp.structured_log import log_event

if TYPE_CHECKING:
    import pytest


def test_an_event_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    log_event("WARNING", "not_delivered", connectionId="L0SM9cOFvHcCIhw=", detail="two\nlines")
    [line] = capsys.readouterr().out.splitlines()
    record = json.loads(line)
    assert datetime.fromisoformat(record.pop("timestamp")).tzinfo is not None
    assert record == {
        "level": "WARNING",
        "event": "not_delivered",
        "connectionId": "L0SM9cOFvHcCIhw=",
        "detail": "two\nlines",
    }
