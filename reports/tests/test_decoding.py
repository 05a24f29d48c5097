from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

import pytest

from reports.decoding import DecodingError, decode


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Inner:
    number: int


@dataclass(frozen=True)
class Outer:
    name: str
    ratio: float = 0.0
    flag: bool = False
    maybe: int | None = None
    colour: Colour = Colour.RED
    word: Literal["yes", "no"] = "no"
    parts: tuple[Inner, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    anything: Any = None


def test_a_full_document_is_built() -> None:
    document = {
        "name": "x",
        "ratio": 1,
        "flag": True,
        "maybe": 3,
        "colour": "blue",
        "word": "yes",
        "parts": [{"number": 1}],
        "counts": {"a": 1},
        "anything": [{}],
    }
    assert decode(Outer, document) == Outer("x", 1, True, 3, Colour.BLUE, "yes", (Inner(1),), {"a": 1}, [{}])


def test_missing_fields_take_their_defaults() -> None:
    assert decode(Outer, {"name": "x"}) == Outer("x")


def test_unknown_fields_are_left_out() -> None:
    assert decode(Inner, {"number": 1, "later": 2}) == Inner(1)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "`name` is missing"),
        ([], "`the document` must be an object"),
        ({"name": 1}, "`name` must be a text, not 1"),
        ({"name": "x", "ratio": True}, "`ratio` must be a number, not True"),
        ({"name": "x", "flag": 1}, "`flag` must be true or false, not 1"),
        ({"name": "x", "maybe": "1"}, "`maybe` must be an integer, not '1'"),
        ({"name": "x", "colour": "green"}, "`colour` must be one of red, blue, not 'green'"),
        ({"name": "x", "colour": []}, "`colour` must be one of red, blue"),
        ({"name": "x", "word": "maybe"}, "`word` must be one of yes, no, not 'maybe'"),
        ({"name": "x", "parts": {}}, "`parts` must be a list"),
        ({"name": "x", "parts": [{}]}, r"`parts\[0\].number` is missing"),
        ({"name": "x", "counts": []}, "`counts` must be an object"),
        ({"name": "x", "counts": {"a": "b"}}, "`counts.a` must be an integer"),
        ({"name": "x" * 100, "ratio": "y" * 100}, r"not 'y+\.\.\.$"),
    ],
)
def test_a_wrong_value_is_named_by_its_place(document: object, message: str) -> None:
    with pytest.raises(DecodingError, match=message):
        decode(Outer, document)
