"""Which texts are mischief depends on how the application is spoken to."""

from __future__ import annotations

import pytest

from conformance.checkers.routing import MISCHIEF_OF
from conformance.harness.message_format import USUAL_SEND, SendFormat
from conformance.workloads.bad_messages import mischief


def test_an_application_with_json_messages_is_sent_all_kinds() -> None:
    assert all(mischief(SendFormat(USUAL_SEND)).values())


@pytest.mark.parametrize("form", ["{payload}", "/say {payload}"])
def test_where_any_text_is_a_message_no_text_is_mischief(form: str) -> None:
    assert not any(mischief(SendFormat(form)).values())


def test_every_kind_is_what_some_clause_is_judged_by() -> None:
    assert set(MISCHIEF_OF.values()) == set(mischief(SendFormat(USUAL_SEND)))
