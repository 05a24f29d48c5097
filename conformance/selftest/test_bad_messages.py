"""Which texts are mischief depends on how the application is spoken to."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.checkers.routing import MISCHIEF_OF
from conformance.harness.message_format import USUAL_SEND, SendFormat
from conformance.workloads import bad_messages
from conformance.workloads.bad_messages import mischief
from reports.history_reader import read_history

from .controlled_session import controlled_session


def test_an_application_with_json_messages_is_sent_all_kinds() -> None:
    assert all(mischief(SendFormat(USUAL_SEND)).values())


@pytest.mark.parametrize("form", ["{payload}", "/say {payload}"])
def test_where_any_text_is_a_message_no_text_is_mischief(form: str) -> None:
    assert not any(mischief(SendFormat(form)).values())


def test_every_kind_is_what_some_clause_is_judged_by() -> None:
    assert set(MISCHIEF_OF.values()) == set(mischief(SendFormat(USUAL_SEND)))


def test_before_the_first_mischief_clients_come_and_speak_and_one_goes(tmp_path: Path) -> None:
    """What an application says of that is its usual way, also where nothing else ran before."""
    with controlled_session(tmp_path, controls=False) as controlled:
        bad_messages.run(controlled.session)
    history = read_history(tmp_path)
    first_ns = min(m.started_ns for m in history.messages if m.group.startswith("mischief/"))
    said = [m for m in history.messages if m.group == "routing/rehearsal" and m.started_ns < first_ns]
    gone, *stay = [c for c in history.connections if c.group == "routing/rehearsal"]
    assert gone.left_ns is not None
    assert {m.sender for m in said} == {gone.number, *(c.number for c in stay)}
    assert said[-1].started_ns > gone.left_ns
    last_ns = max(m.started_ns for m in history.messages)
    others = [c for c in history.connections if c is not gone]
    assert all(c.leaving_ns is None or c.leaving_ns > last_ns for c in others)
