from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_app.chat.chatapp.payload import MAX_PAYLOAD_BYTES, UnusableMessageError, broadcast_payload

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def message(data: object) -> str:
    return json.dumps({"action": "sendmessage", "data": data})


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_string_goes_out_as_its_own_text(text: str) -> None:
    assert broadcast_payload(message(text)) == text.encode()


@given(json_values.filter(lambda value: not isinstance(value, str)))
def test_any_other_json_value_goes_out_as_json_of_the_same_value(value: object) -> None:
    assert json.loads(broadcast_payload(message(value))) == value


@pytest.mark.parametrize(
    ("data", "payload"),
    [
        ('{"a": [1, 2.5, true, null]}', b'{"a":[1,2.5,true,null]}'),
        ("null", b"null"),
        ("false", b"false"),
        ("0", b"0"),
        ('["\\u00e9\\ud83d\\ude00"]', '["é😀"]'.encode()),
    ],
)
def test_json_goes_out_compact_and_unescaped(data: str, payload: bytes) -> None:
    assert broadcast_payload(f'{{"action": "sendmessage", "data": {data}}}') == payload


@pytest.mark.parametrize("text", ['{"data": 1}', '"quoted"', " padded\n", "null", ""])
def test_text_that_looks_like_something_else_is_left_as_it_is(text: str) -> None:
    assert broadcast_payload(message(text)) == text.encode()


def test_a_lone_surrogate_inside_json_goes_out_as_its_escape() -> None:
    assert broadcast_payload('{"data": {"\\ud800": "\\udc00"}}') == b'{"\\ud800":"\\udc00"}'


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (None, "Message is not valid JSON"),
        ("", "Message is not valid JSON"),
        ("hello", "Message is not valid JSON"),
        ('{"action":"sendmessage", data:"lenient"}', "Message is not valid JSON"),
        ('{"data": NaN}', "Message is not valid JSON"),
        ('{"data": -Infinity}', "Message is not valid JSON"),
        ("[" * 100_000, "Message is not valid JSON"),
        ('{"data": ' + "9" * 5000 + "}", "Message is not valid JSON"),
        ('["sendmessage", "data"]', "Message is not a JSON object"),
        ('"data"', "Message is not a JSON object"),
        ('{"action":"sendmessage"}', "Message has no data"),
        ('{"data": 1e999}', "Message data cannot be written as JSON"),
        ('{"data": "\\ud800"}', "Message data is not valid Unicode"),
    ],
)
def test_an_unusable_message_is_refused_with_its_reason(body: str | None, reason: str) -> None:
    with pytest.raises(UnusableMessageError) as refusal:
        broadcast_payload(body)
    assert refusal.value.reason == reason


def test_a_payload_of_the_largest_size_is_accepted() -> None:
    assert len(broadcast_payload(message("x" * MAX_PAYLOAD_BYTES))) == MAX_PAYLOAD_BYTES


def test_a_payload_above_the_largest_size_is_refused() -> None:
    with pytest.raises(UnusableMessageError, match="Message too large"):
        broadcast_payload(message("é" * (MAX_PAYLOAD_BYTES // 2) + "x"))
