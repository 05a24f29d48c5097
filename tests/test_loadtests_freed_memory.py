"""When memory is given back."""

from __future__ import annotations

from loadtests._freed_memory import Trimmer


def test_memory_is_given_back_once_when_a_surge_of_connections_is_over() -> None:
    trimmer = Trimmer()
    assert [trimmer.connections(count) for count in (300, 600, 600, 600)] == [False, False, True, False]


def test_a_few_connections_more_are_no_surge() -> None:
    trimmer = Trimmer()
    assert not any(trimmer.connections(count) for count in (50, 50, 150, 150))


def test_a_second_surge_counts_from_the_ebb_between() -> None:
    trimmer = Trimmer()
    told = [trimmer.connections(count) for count in (500, 500, 0, 500, 500)]
    assert told == [False, True, False, False, True]
