"""What a frame gives away, and what it does not."""

from __future__ import annotations

import pytest

from conformance.checkers.leaking import internal
from reports.results import Outcome

from .verdicts import judged

_STORY = ["0 a connects stayer", "100 a sends odd mischief/not-json"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Traceback (most recent call last): …", "a Python traceback"),
        ('in File "app.py", line 7', "a Python traceback"),
        ("at Object.handler (/var/task/index.js:7:21)", "a JavaScript stack"),
        ("at file:///srv/index.mjs:7:21", "a JavaScript stack"),
        ("KeyError: 'action'", "an exception"),
        ("An error occurred (GoneException) when calling the PostToConnection operation", "an exception"),
        ("arn:aws-cn:dynamodb:cn-north-1:123456789012:table/t", "an AWS resource name"),
        ("cannot open /var/task/app.py", "a path of the Lambda environment"),
        ("AKIAABCDEFGHIJKLMNOP", "AWS credentials"),
        ("no such table: live-table", "the name 'live-table'"),
        ("live-table", "the name 'live-table'"),
        ("ChatTable2 is not there", "the name 'ChatTable2'"),
    ],
)
def test_what_is_internal_is_named(text: str, what: str) -> None:
    assert internal(text, ("", "live-table", "ChatTable2")) == what


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"type": "error", "message": "not a JSON object"}',
        '{"message": "Internal server error", "connectionId":"x", "requestId":"y"}',
        "look at 10:30:00, an Error of mine",
        "AKIA is a prefix",
        '{"type": "presence", "connections": 3}',
        "an-alive-table, a live-tableau, live-table-2",
    ],
)
def test_what_a_client_may_know_is_not(text: str) -> None:
    assert internal(text, ("", "connections", "live-table")) == ""


def test_every_leak_is_counted_and_the_first_one_quoted() -> None:
    frames = ["110 a frame KeyError: 'first'", "111 a frame bad request", "112 a frame KeyError: 'second'"]
    result = judged("LEAK-01", [*_STORY, *frames])
    assert result.outcome is Outcome.FAIL
    assert result.reason == "2 frames reveal an exception: \"KeyError: 'first'\""
    assert (result.evidence["frames"], result.evidence["leaks"]) == (3, 2)
    assert [finding.observed for finding in result.findings] == [
        repr("KeyError: 'first'"),
        repr("KeyError: 'second'"),
    ]


def test_a_finding_holds_the_beginning_of_a_long_frame() -> None:
    text = f"KeyError: {'x' * 400}"
    result = judged("LEAK-01", [*_STORY, f"110 a frame {text}"])
    assert result.findings[0].observed == repr(text[:400])


def test_the_names_of_the_target_are_secret() -> None:
    assert judged("LEAK-01", [*_STORY, "110 a frame no secret-table here"]).outcome is Outcome.FAIL


def test_a_leak_is_one_without_mischief_too_but_silence_proves_nothing_then() -> None:
    assert judged("LEAK-01", ["0 a connects stayer", "9 a frame KeyError: 1"]).outcome is Outcome.FAIL
    assert judged("LEAK-01", ["0 a connects stayer", "9 a frame hello"]).outcome is Outcome.UNKNOWN
    assert judged("LEAK-01", [*_STORY, "110 a frame hello"]).outcome is Outcome.PASS
