"""The loads that a capacity search tries."""

from __future__ import annotations

import pytest

from loadtests._capacity_search import CapacitySearch


def searched(bears: int, first: int = 10, most: int = 1000) -> tuple[CapacitySearch, list[int]]:
    """A search against a backend that bears so much, and the loads that it tried."""
    search, tried = CapacitySearch(first, most), []
    while search.load is not None:
        tried.append(search.load)
        search.tried(held=search.load <= bears)
    return search, tried


@pytest.mark.parametrize("bears", [0, 1, 9, 10, 37, 100, 640, 999, 1000])
def test_the_answer_is_within_a_tenth_of_what_the_backend_bears(bears: int) -> None:
    search, _ = searched(bears)
    assert search.held <= bears
    assert bears - search.held <= max(1, 0.1 * bears)


def test_loads_double_until_one_breaks_and_then_halve_the_gap() -> None:
    assert searched(30)[1] == [10, 20, 40, 30, 35, 32]


def test_nothing_above_the_most_is_tried() -> None:
    search, tried = searched(10_000, most=50)
    assert tried == [10, 20, 40, 50]
    assert (search.held, search.broken) == (50, None)


def test_the_first_load_is_never_above_the_most() -> None:
    assert searched(100, first=10, most=3)[1] == [3]


def test_no_outcome_is_taken_after_the_search() -> None:
    search, _ = searched(10)
    with pytest.raises(RuntimeError, match="over"):
        search.tried(held=True)
