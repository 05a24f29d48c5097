"""Payloads that carry their time."""

from __future__ import annotations

import pytest

from conformance.harness.envelope import Envelope
from loadtests._payload import TimingRecognizer, after, before

_RUN = "0123abcd"


def _payload(message: int, intended_ns: int, payload_bytes: int = 120) -> str:
    return Envelope(_RUN).wrap(message, before(intended_ns), after(intended_ns, payload_bytes))


def test_whoever_hears_a_message_knows_when_it_was_intended() -> None:
    recognizer = TimingRecognizer(_RUN)
    assert recognizer.recognise(_payload(7, 123_456_789)).exact
    assert recognizer.intended_ns(7) == 123_456_789


def test_the_time_of_a_message_never_heard_is_not_known() -> None:
    assert TimingRecognizer(_RUN).intended_ns(7) is None


def test_a_changed_time_is_damage_and_not_believed() -> None:
    recognizer = TimingRecognizer(_RUN)
    damaged = _payload(7, 123_456_789).replace("123456789", "123456780")
    recognition = recognizer.recognise(damaged)
    assert (recognition.message, recognition.exact) == (7, False)
    assert recognizer.intended_ns(7) is None


def test_a_message_of_another_run_is_none_of_ours() -> None:
    payload = Envelope("ffffffff").wrap(7, before(1), after(1, 120))
    assert TimingRecognizer(_RUN).recognise(payload).message is None


def test_a_message_that_carries_no_time_is_recognised_all_the_same() -> None:
    recognizer = TimingRecognizer(_RUN)
    assert recognizer.recognise(Envelope(_RUN).wrap(7)).exact
    assert recognizer.intended_ns(7) is None


@pytest.mark.parametrize("payload_bytes", [80, 120, 1000, 40_000])
def test_a_payload_is_about_as_long_as_asked(payload_bytes: int) -> None:
    payload = _payload(1 << 32 | 500, 4_558_680_537_288, payload_bytes)
    assert abs(len(payload.encode()) - payload_bytes) <= 10
