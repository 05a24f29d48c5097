from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_app.chat.chatapp.connection_row import ConnectionRow, new_item, row_of

NOW_MS = 1_731_332_735_513


def test_a_new_item_expires_in_seconds_a_little_after_the_longest_connection() -> None:
    expires_s = int(new_item("a", NOW_MS)["expiresAt"]["N"])
    assert 2 * 3600 < expires_s - NOW_MS // 1000 <= 3 * 3600


@given(st.text(min_size=1), st.integers(min_value=0))
def test_a_row_is_read_as_it_was_written(connection_id: str, now_ms: int) -> None:
    assert row_of(new_item(connection_id, now_ms)) == ConnectionRow(connection_id, now_ms)


@pytest.mark.parametrize("attribute", [{"S": "yesterday"}, {"N": "1.5"}, {"NULL": True}, {"L": []}])
def test_a_row_with_an_unreadable_time_is_still_a_connection(attribute: object) -> None:
    item = {"connectionId": {"S": "a"}, "connectedAt": attribute}
    assert row_of(item) == ConnectionRow("a", None)  # type: ignore[arg-type]


def test_a_row_without_a_time_is_still_a_connection() -> None:
    assert row_of({"connectionId": {"S": "a"}}) == ConnectionRow("a", None)


@pytest.mark.parametrize(("age_ms", "expected"), [(-200, True), (0, True), (5_900, True), (6_100, False)])
def test_a_row_may_be_connecting_until_its_connect_must_have_ended(age_ms: int, *, expected: bool) -> None:
    row = ConnectionRow("a", NOW_MS - age_ms)
    assert row.may_be_connecting(NOW_MS, connect_timeout_s=5.0) is expected


def test_a_row_that_this_backend_did_not_write_is_not_connecting() -> None:
    assert not ConnectionRow("a", None).may_be_connecting(NOW_MS, connect_timeout_s=5.0)
