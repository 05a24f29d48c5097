from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.harness.envelope import Envelope, Recognition, Recognizer

RUN = "0123abcd"
ANY_TEXT = st.text(st.characters(), max_size=40)  # lone surrogates included
TEXTS = ANY_TEXT | st.builds(lambda text: Envelope(RUN).wrap(7, text), ANY_TEXT)
MESSAGES = st.integers(0, 2**64 - 1)


def recognise(text: str, run: str = RUN) -> Recognition:
    return Recognizer(run).recognise(text)


@given(MESSAGES, TEXTS, TEXTS)
def test_whatever_stands_around_it_an_envelope_is_recognised(message: int, before: str, after: str) -> None:
    recognition = recognise(Envelope(RUN).wrap(message, before, after))
    assert recognition.exact
    if RUN not in before:  # else the first of two envelopes may be exact by itself
        assert recognition.message == message


@given(MESSAGES, ANY_TEXT, ANY_TEXT, st.data())
def test_no_mutation_passes_for_exact(message: int, before: str, after: str, data: st.DataObject) -> None:
    text = Envelope(RUN).wrap(message, before, after)
    at = data.draw(st.integers(0, len(text)))
    inserted = data.draw(st.text(st.characters(), max_size=2))
    removed = data.draw(st.integers(0, 2))
    mutated = text[:at] + inserted + text[at + removed :]
    assert mutated == text or not recognise(mutated).exact


@given(MESSAGES)
def test_another_spelling_of_the_same_number_is_not_exact(message: int) -> None:
    text = Envelope(RUN).wrap(message)
    assert not recognise(text.replace(f"{RUN}.", f"{RUN}.0", 1)).exact


def test_a_copy_encoded_twice_names_its_message() -> None:
    text = json.dumps(Envelope(RUN).wrap(5, '"quoted"', "\n"))
    assert recognise(text) == Recognition(5, exact=False)


def test_a_copy_cut_off_behind_its_envelope_names_its_message() -> None:
    text = Envelope(RUN).wrap(5, "", "x" * 100)[:-1]
    assert recognise(text) == Recognition(5, exact=False)


def test_a_copy_in_capitals_names_its_message() -> None:
    assert recognise(Envelope(RUN).wrap(0xAB, "", "end").upper()) == Recognition(0xAB, exact=False)


def test_a_message_of_another_run_is_not_recognised() -> None:
    assert recognise(Envelope("ffffffff").wrap(5)) == Recognition(None, exact=False)


def test_a_message_of_another_process_of_the_run_is_recognised() -> None:
    assert recognise(Envelope(RUN).wrap(3 << 32 | 9)) == Recognition(3 << 32 | 9, exact=True)


def test_an_expected_text_is_recognised_as_it_is() -> None:
    recognizer = Recognizer(RUN)
    assert recognizer.recognise("null").message is None
    recognizer.expect("null", 4)
    assert recognizer.recognise("null") == Recognition(4, exact=True, lasting=False)


def test_a_text_expected_twice_stands_for_the_later_message() -> None:
    recognizer = Recognizer(RUN)
    recognizer.expect("123", 4)
    recognizer.expect("123", 8)
    assert recognizer.recognise("123").message == 8


def test_the_same_payload_is_examined_once() -> None:
    recognizer = Recognizer(RUN)
    text = Envelope(RUN).wrap(1)
    assert recognizer.recognise(text) is recognizer.recognise(text)


def test_what_is_remembered_is_bounded() -> None:
    recognizer = Recognizer(RUN)
    for number in range(10_000):
        recognizer.recognise(str(number))
    assert len(recognizer._cache) < 5000


def test_huge_payloads_are_not_remembered() -> None:
    recognizer = Recognizer(RUN)
    assert recognizer.recognise(Envelope(RUN).wrap(1, "x" * 100_000)).exact
    assert not recognizer._cache


@pytest.mark.parametrize("run", ["", "123", "0123ABCD", "0123abcg", "0123abcd0"])
def test_a_run_is_named_by_eight_hex_digits(run: str) -> None:
    with pytest.raises(ValueError, match="eight lower-case hex digits"):
        Envelope(run)
