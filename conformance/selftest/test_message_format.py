from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.harness.errors import UsageError
from conformance.harness.message_format import (
    PAYLOAD,
    Json,
    ReceiveFormat,
    SendFormat,
    receive_for,
    to_json,
    to_toml,
)

REFERENCE: Json = {"action": "sendmessage", "data": "{payload}"}


def sent(template: Json, payload: str) -> object:
    return json.loads(SendFormat(template).render(payload))


@given(st.text(st.characters()))
def test_any_payload_survives_rendering(payload: str) -> None:
    assert sent(REFERENCE, payload) == {"action": "sendmessage", "data": payload}


def test_messages_are_compact_json_with_unicode_as_it_is() -> None:
    assert SendFormat(REFERENCE).render("é") == '{"action":"sendmessage","data":"é"}'


def test_lone_surrogates_are_escaped_so_that_the_message_is_utf8() -> None:
    assert to_json("\ud800x") == '"\\ud800x"'


def test_a_template_may_be_a_string_that_holds_json() -> None:
    assert sent('{"type": "chat", "body": {"text": "{payload}"}}', "hi") == {
        "type": "chat",
        "body": {"text": "hi"},
    }


def test_a_template_may_be_plain_text() -> None:
    assert SendFormat("MSG {payload}!").render('"a"') == 'MSG "a"!'


def test_every_occurrence_is_replaced_and_other_values_stay() -> None:
    template: Json = {"action": "say", "v": 2, "to": ["{payload}", None], "text": "<{payload}>"}
    assert sent(template, "x") == {"action": "say", "v": 2, "to": ["x", None], "text": "<x>"}


@pytest.mark.parametrize("template", [{"action": "sendmessage"}, "hello", '{"a": 1}', {"{payload}": "x"}])
def test_a_send_template_without_the_payload_is_refused(template: Json) -> None:
    with pytest.raises(UsageError, match=r"\[message\] send must hold \{payload\}"):
        SendFormat(template)


@pytest.mark.parametrize("template", [5, True, None])
def test_a_template_of_another_type_is_refused(template: Json) -> None:
    with pytest.raises(UsageError, match="a table or a string"):
        SendFormat(template)


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ('{"type": "message", "data": {"text": "hi"}}', {"data": {"text": PAYLOAD}}),
        ('{"data": "oh, hi"}', None),
        ('["hi"]', None),
        ('"hi"', None),
        ("hi", None),
    ],
)
def test_the_template_that_finds_a_payload_is_told_from_an_object(text: str, template: Json) -> None:
    assert receive_for(text, "hi".__eq__) == template


@given(
    st.recursive(st.text() | st.integers(), lambda part: st.lists(part) | st.dictionaries(st.text(), part))
)
def test_toml_gives_back_what_was_written(value: Json) -> None:
    assert tomllib.loads(f"value = {to_toml(value)}") == {"value": value}


def test_what_a_message_is_routed_by_is_known_by_its_path() -> None:
    template: Json = {"route": {"service": "chat", "n": 1}, "action": "say", "data": "{payload}"}
    assert SendFormat(template).action_keys == ("route.service", "action")


def test_an_unknown_action_keeps_the_payload() -> None:
    assert json.loads(SendFormat(REFERENCE).unknown_action("x") or "") == {
        "action": "churnproof-no-such-action",
        "data": "x",
    }


def test_without_action_the_payload_and_other_values_stay() -> None:
    template: Json = {"action": "say", "v": 1, "in": {"kind": "chat", "text": "{payload}"}}
    assert json.loads(SendFormat(template).without_action("x") or "") == {"v": 1, "in": {"text": "x"}}


def test_without_payload_only_the_payload_goes() -> None:
    assert json.loads(SendFormat(REFERENCE).without_payload() or "") == {"action": "sendmessage"}


def test_plain_templates_have_no_action_and_nothing_beside_the_payload() -> None:
    plain = SendFormat("{payload}")
    assert plain.action_keys == ()
    assert plain.unknown_action("x") is None
    assert plain.without_action("x") is None
    assert plain.without_payload() is None


@given(st.text(st.characters()))
def test_the_identity_hears_what_was_sent(text: str) -> None:
    assert ReceiveFormat("{payload}").payload(text) == text


@given(st.text(st.characters()))
def test_a_json_template_picks_its_field(payload: str) -> None:
    heard = ReceiveFormat({"message": "{payload}"}).payload(json.dumps({"from": "a", "message": payload}))
    assert heard == payload


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "joined", "data": "x"}',
        '{"data": "x"}',
        '{"type": "message"}',
        '{"type": "message", "data": 5}',
        '["message"]',
        "not json",
        "[" * 100_000,
    ],
)
def test_what_does_not_match_the_literals_of_the_template_is_no_message(text: str) -> None:
    assert ReceiveFormat({"type": "message", "data": "{payload}"}).payload(text) is None


def test_literals_may_be_nested_and_of_any_json_type() -> None:
    format_ = ReceiveFormat({"meta": {"v": 1, "tags": ["a"]}, "list": [True, "{payload}"]})
    assert format_.payload('{"meta": {"v": 1, "tags": ["a", "b"], "x": 0}, "list": [true, "hi"]}') == "hi"
    assert format_.payload('{"meta": {"v": true, "tags": ["a"]}, "list": [true, "hi"]}') is None
    assert format_.payload('{"meta": {"v": 1, "tags": ["a"]}, "list": [true]}') is None


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ('{"type": "ack", "data": "x", "meta": {"v": 1}}', True),
        ('{"type": "message", "meta": {"v": 2}}', True),
        ('{"type": 7}', True),
        ('{"meta": {"v": true}}', True),
        ('{"type": "message", "data": 5, "meta": {"v": 1}}', False),  # damaged, perhaps
        ('{"meta": {}}', False),
        ('{"data": "x"}', False),
        ('["ack"]', False),
        ("not json", False),
        ("[" * 100_000, False),
    ],
)
def test_a_message_with_another_literal_is_one_of_another_kind(text: str, other: bool) -> None:
    template: Json = {"type": "message", "data": "{payload}", "meta": {"v": 1}}
    assert ReceiveFormat(template).tells_other(text) is other


@pytest.mark.parametrize("template", ["{payload}", "> {payload} <"])
def test_without_literals_in_json_no_message_is_of_another_kind(template: str) -> None:
    assert not ReceiveFormat(template).tells_other('{"type": "ack"}')
    assert not ReceiveFormat(template).tells_other('"text"')


def test_text_around_the_payload_is_taken_off() -> None:
    assert ReceiveFormat("> {payload} <").payload("> a < b <") == "a < b"
    assert ReceiveFormat({"m": "say {payload}"}).payload('{"m": "say hi"}') == "hi"


@pytest.mark.parametrize("text", ["> a", "a <", "> <", ""])
def test_text_without_what_belongs_around_the_payload_is_no_message(text: str) -> None:
    assert ReceiveFormat("> {payload} <").payload(text) is None


@pytest.mark.parametrize("template", [{"a": "{payload}", "b": "{payload}"}, "{payload}{payload}"])
def test_a_receive_template_holds_the_payload_once(template: Json) -> None:
    with pytest.raises(UsageError, match="once"):
        ReceiveFormat(template)


def test_a_receive_template_without_the_payload_is_refused() -> None:
    with pytest.raises(UsageError, match=r"\[message\] receive must hold \{payload\}"):
        ReceiveFormat({"message": "hi"})
