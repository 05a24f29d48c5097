from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.proportion import Proportion, proportion


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        (0, 10, 0.0, 0.277533),
        (1, 10, 0.017876, 0.404150),
        (5, 10, 0.236593, 0.763407),
        (10, 10, 0.722467, 1.0),
        (81, 263, 0.255273, 0.366193),
    ],
)
def test_intervals_are_those_of_the_textbook(count: int, of: int, low: float, high: float) -> None:
    """Wilson's score interval without continuity correction (Newcombe 1998, table I, for 81 of 263)."""
    found = proportion(count, of)
    assert found.low == pytest.approx(low, abs=5e-4)
    assert found.high == pytest.approx(high, abs=5e-4)


def test_without_a_trial_the_rate_may_be_anything() -> None:
    assert proportion(0, 0) == Proportion(0, 0, 0.0, 1.0)


@given(st.integers(1, 500), st.data())
def test_the_rate_that_was_seen_is_in_its_interval(of: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, of))
    found = proportion(count, of)
    assert 0 <= found.low <= count / of <= found.high <= 1


@pytest.mark.parametrize(("count", "of"), [(-1, 3), (4, 3), (1, 0)])
def test_what_is_no_proportion_is_refused(count: int, of: int) -> None:
    with pytest.raises(ValueError, match="no proportion"):
        proportion(count, of)
