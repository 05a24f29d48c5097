"""The search for a failing example ends in time, whatever Hypothesis would still like to try."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.workloads.drawn_by_hypothesis import BoundedSearch, live_settings


def test_a_failing_example_is_shrunk() -> None:
    search = BoundedSearch(60.0, 60.0)
    failing: list[int] = []

    @live_settings(100)
    @given(st.integers(0, 10_000))
    def probe(number: int) -> None:
        search.begin_example()
        if number > 10:
            failing.append(number)
            search.fail()

    search.run(probe)
    assert min(failing) == 11


def test_shrinking_ends_with_its_time_although_smaller_examples_are_left() -> None:
    search = BoundedSearch(60.0, 0.0)
    failing: list[int] = []

    @live_settings(100)
    @given(st.integers(1000, 10_000))
    def probe(number: int) -> None:
        search.begin_example()
        failing.append(number)
        search.fail()

    search.run(probe)
    assert len(failing) == 1


def test_the_search_ends_with_its_time_although_nothing_fails() -> None:
    search = BoundedSearch(0.0, 60.0)
    examples = itertools.count()

    @live_settings(100)
    @given(st.integers())
    def probe(_: int) -> None:
        search.begin_example()
        next(examples)

    search.run(probe)
    assert next(examples) == 0


def test_an_error_of_the_harness_is_not_swallowed() -> None:
    @live_settings(5)
    @given(st.integers())
    def probe(_: int) -> None:
        raise OSError("no descriptors left")

    with pytest.raises(OSError, match="no descriptors left"):
        BoundedSearch(60.0, 60.0).run(probe)
