from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_app.gateway.websocket_api.lenient_json import NotJson, parse

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(JSON)
def test_strict_json_means_the_same(value: object) -> None:
    assert parse(json.dumps(value), "permissive") == value


def test_an_unquoted_key_is_a_key() -> None:
    """RT-8, the captured message."""
    expected = {"action": "sendMessage", "body": "hello"}
    assert parse('{"action":"sendMessage", body:"hello"}', "unquoted-keys") == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{'a': 'it\\'s \"x\"'}", {"a": 'it\'s "x"'}),
        ("{a: 1, b: [true, null, -2.5,],}", {"a": 1, "b": [True, None, -2.5]}),
        ("[]", []),
        ("{a: {}, 'b c': [[]],}", {"a": {}, "b c": [[]]}),
    ],
)
def test_single_quotes_and_trailing_commas_are_permissive(text: str, value: object) -> None:
    """Q-9."""
    assert parse(text, "permissive") == value


@pytest.mark.parametrize("text", ["{'a': 1}", '{"a": 1,}', '["x",]', "{a: 'x'}"])
def test_single_quotes_and_trailing_commas_are_more_than_unquoted_keys(text: str) -> None:
    with pytest.raises(NotJson):
        parse(text, "unquoted-keys")


def test_strict_takes_no_unquoted_key() -> None:
    with pytest.raises(NotJson):
        parse("{a: 1}", "strict")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "{",
        "{a",
        "{a:",
        "{a:1",
        "{a:1,",
        "{a 1}",
        "{1: 2}",
        "[1 2]",
        "{a:1} x",
        "{a:b}",
        "'open",
        '"open',
        "\ufeff{}",
        "[,]",
    ],
)
def test_what_is_no_json_even_leniently_is_refused(text: str) -> None:
    with pytest.raises(NotJson):
        parse(text, "permissive")


@pytest.mark.parametrize("text", ["[" * 100_000, "{a:" * 100_000, "[" * 5000 + "]" * 5000, "9" * 5000])
def test_hostile_nesting_and_numbers_are_refused(text: str) -> None:
    with pytest.raises(NotJson):
        parse(text, "permissive")


@given(st.text(alphabet="{}[]:,'\"ab1\\ \n", max_size=30))
def test_no_text_makes_the_parser_fail_otherwise(text: str) -> None:
    with suppress(NotJson):
        parse(text, "permissive")
