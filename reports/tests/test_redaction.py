from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from reports.redaction import (
    REDACTED,
    environment_secrets,
    redact,
    redact_all,
    redact_named,
    redact_url,
)
from reports.results import ClauseResult, Finding, Outcome

SECRET = 'pa$$"wörd/+=é'
KEY_ID = "AKIA" + "IOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"
JWT = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP"


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET, safe=""),
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
    ],
)
def test_a_named_secret_goes_in_every_encoding(form: str) -> None:
    text = redact(f"before {form} after", [SECRET])
    assert form.strip('"') not in text
    assert text.startswith("before ")
    assert text.endswith(" after")


def test_a_secret_within_a_longer_one_leaves_nothing_behind() -> None:
    assert redact("long-secret-value", ["long-secret", "long-secret-value"]) == REDACTED


def test_a_short_secret_goes_as_a_word_and_leaves_other_words_whole() -> None:
    assert redact("open sesame, sesames", ["sesame"]) == f"open {REDACTED}, sesames"


@pytest.mark.parametrize("nothing", ["", "a", "abc"])
def test_what_is_too_short_to_be_a_secret_stays(nothing: str) -> None:
    assert redact("abc a", [nothing]) == "abc a"


@pytest.mark.parametrize(
    ("text", "leak"),
    [
        ("GET /prod HTTP/1.1\r\nAuthorization: Basic dXNlcjpwYXNz\r\nHost: h", "dXNlcjpwYXNz"),
        ("Cookie: session=abc123; theme=dark", "abc123"),
        ("set-cookie: id=abc123", "abc123"),
        ("X-Api-Key: abc123def", "abc123def"),
        ('{"Authorization": "abc\\"123"}', "123"),
        ("{'cookie': 'abc123'}", "abc123"),
        ("Bearer abc123def456", "abc123def456"),
        (f"token is {JWT}", "eyJhbGci"),
        (f"key {KEY_ID} used", KEY_ID),
        (f"AWS_SECRET_ACCESS_KEY={SECRET_KEY}", SECRET_KEY),
        (f'"aws_session_token": "{SECRET_KEY}"', SECRET_KEY),
        ("wss://h/prod?room=1&access_token=abc123", "abc123"),
        ("wss://h/prod?x-amz-signature=abc123&room=1", "abc123"),
        ("https://user:pass123@h/", "pass123"),
        (f"AWS4-HMAC-SHA256 Credential={KEY_ID}/x, SignedHeaders=host, Signature=abc123", "abc123"),
    ],
)
def test_what_has_the_shape_of_a_secret_goes(text: str, leak: str) -> None:
    assert leak not in redact(text)
    assert REDACTED in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "c5 never heard m131 (L0SM8fN8PHcCIhw=)",
        "the authorization failed",
        "the row's key is connectionId",
        "wss://abc123.execute-api.eu-west-1.amazonaws.com/prod?room=1",
        "mail@example.org and //host/path@2",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


def test_redacting_twice_changes_nothing_more() -> None:
    once = redact("Authorization: abc123; wss://u:p@h/?token=t")
    assert redact(once) == once


def test_only_named_secrets_go_where_shapes_are_the_payload() -> None:
    assert (
        redact_named("Bearer abc123def456 sesame-street", ["sesame-street"])
        == f"Bearer abc123def456 {REDACTED}"
    )


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("wss://h:81/prod", "wss://h:81/prod"),
        ("wss://h/prod?room=1&t=abc", f"wss://h/prod?room={REDACTED}&t={REDACTED}"),
        ("wss://u:p@h/prod#frag", f"wss://{REDACTED}@h/prod"),
        ("ws://[::1]:8080/prod", "ws://[::1]:8080/prod"),
        ("wss://h:port/prod?token=abc", f"wss://h:port/prod?token={REDACTED}"),
    ],
)
def test_a_url_keeps_its_place_and_loses_its_values(url: str, shown: str) -> None:
    assert redact_url(url) == shown


def test_a_tree_is_redacted_to_its_leaves() -> None:
    clause = ClauseResult(
        "X-1",
        "MUST",
        "",
        "sentence",
        Outcome.FAIL,
        evidence={"seen": ["hush-hush-hush"], "hush-hush-hush": 1},
        findings=(Finding("hush-hush-hush", "e", "o", connections=("hush-hush-hush",)),),
    )
    clean = redact_all(clause, ["hush-hush-hush"])
    assert "hush" not in repr(clean)
    assert clean.outcome is Outcome.FAIL


def test_entries_named_like_secrets_lose_their_values() -> None:
    tree = redact_all({"token": "t", "password": "p", "key": "connectionId", "Cookie": "c", "token_count": 3})
    assert tree == {
        "token": REDACTED,
        "password": REDACTED,
        "key": "connectionId",
        "Cookie": REDACTED,
        "token_count": 3,
    }


def test_aws_credentials_of_the_environment_are_secrets_and_stand_ins_are_not() -> None:
    environment = {
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_ACCESS_KEY_ID": "test",
        "HOME": "/home/somebody/x",
    }
    assert environment_secrets(environment) == (SECRET_KEY,)
