"""How much is read at once."""

from __future__ import annotations

from conformance.harness.read_size import READ, Pressure, ReadSize


def _learned(*sizes: int) -> int:
    size = ReadSize()
    for one in sizes:
        size.learn(one)
    return size.size


def test_messages_that_are_all_of_one_size_are_read_one_by_one() -> None:
    assert _learned(120, 120, 120, 120) == 120


def test_a_few_messages_tell_no_size() -> None:
    assert _learned(120, 120, 120) == READ


def test_a_message_of_another_size_ends_it() -> None:
    assert _learned(120, 120, 120, 120, 121) == READ


def test_a_size_that_has_changed_is_learned_anew() -> None:
    assert _learned(120, 120, 120, 120, 121, 121, 121, 121) == 121


def test_reads_take_all_once_most_of_a_tenth_of_a_second_was_spent_on_reading() -> None:
    pressure = Pressure()
    pressure.round(1_000_000_000, 1_010_000_000)
    pressure.round(1_020_000_000, 1_120_000_000)
    assert pressure.high
    pressure.round(1_180_000_000, 1_230_000_000)
    assert not pressure.high
