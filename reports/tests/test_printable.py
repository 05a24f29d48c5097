from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("line\nline\r\ttab", "line\\nline\\r\\ttab"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("left\u202eright", "left\\u202eright"),
        ("\ud800", "\\ud800"),
        ("\x9b\x7f", "\\x9b\\x7f"),
        ("a\u00a0b", "a\\xa0b"),
        ("\U000e0001", "\\U000e0001"),
        ("emoji 👩\u200d🚀 and नमस्ते", "emoji 👩\u200d🚀 and नमस्ते"),
    ],
)
def test_what_cannot_be_seen_is_written_as_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_long_text_says_how_long_it_was() -> None:
    assert printable("x" * 5000, 10) == "xxxxxxxxxx… (5,000 characters)"


@given(st.text(st.characters()))
def test_the_result_is_one_line_that_can_be_encoded(text: str) -> None:
    shown = printable(text, 1000)
    assert len(shown.splitlines()) <= 1
    shown.encode()
