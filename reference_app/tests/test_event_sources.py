"""Applications that live by an event source, on the whole stack."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reference_app.tests.running_command import APPS, running


@pytest.mark.parametrize("source", ["stream", "queue"])
def test_what_is_sent_reaches_everybody_by_the_event_source(tmp_path: Path, source: str) -> None:
    with (
        running(tmp_path, APPS / "event_sources" / f"{source}.yaml") as stack,
        stack.client() as one,
        stack.client() as two,
    ):
        for text in ("héllo", "again"):
            one.send(json.dumps({"action": "sendmessage", "data": text}))
            assert [client.recv() for client in (one, two)] == [text] * 2
