"""Filter patterns of event source mappings: ES-4."""

from __future__ import annotations

from typing import Any

import pytest

from reference_app.gateway.functions.event_filter import UnsupportedPatternError, check, matches

RECORD: dict[str, Any] = {
    "eventName": "INSERT",
    "dynamodb": {"NewImage": {"room": {"S": "Lobby-1"}, "loud": {"BOOL": True}}, "SizeBytes": 1},
}


def room(choice: object) -> dict[str, Any]:
    return {"dynamodb": {"NewImage": {"room": {"S": [choice]}}}}


@pytest.mark.parametrize(
    "pattern",
    [
        {},
        {"eventName": ["MODIFY", "INSERT"]},
        {"eventName": ["INSERT"], **room("Lobby-1")},
        room({"prefix": "Lobby"}),
        room({"suffix": "-1"}),
        room({"exists": True}),
        room({"anything-but": ["Attic"]}),
        room({"anything-but": "Attic"}),
        room({"equals-ignore-case": "LOBBY-1"}),
        {"dynamodb": {"OldImage": {"room": {"S": [{"exists": False}]}}}},
        {"dynamodb": {"NewImage": {"loud": {"BOOL": [True]}}}},
    ],
)
def test_a_record_matches_that_has_all_that_is_asked_for(pattern: dict[str, Any]) -> None:
    check(pattern)

    assert matches(pattern, RECORD)


@pytest.mark.parametrize(
    "pattern",
    [
        {"eventName": ["REMOVE"]},
        {"eventName": ["INSERT"], **room("Attic")},
        room({"prefix": "lobby"}),
        room({"suffix": "-2"}),
        room({"exists": False}),
        room({"anything-but": ["Lobby-1"]}),
        room({"equals-ignore-case": "attic"}),
        {"dynamodb": {"OldImage": {"room": {"S": [{"anything-but": "Attic"}]}}}},
        {"dynamodb": {"SizeBytes": [True]}},
        {"eventName": []},
    ],
)
def test_a_record_does_not_match_that_lacks_one_thing(pattern: dict[str, Any]) -> None:
    check(pattern)

    assert not matches(pattern, RECORD)


@pytest.mark.parametrize(
    ("pattern", "part"),
    [
        ({"size": [{"numeric": [">", 1]}]}, "numeric"),
        ({"eventName": "INSERT"}, "'INSERT' is no pattern"),
        ([], "is no pattern"),
    ],
)
def test_what_is_not_evaluated_here_is_refused(pattern: object, part: str) -> None:
    with pytest.raises(UnsupportedPatternError, match=part):
        check(pattern)
