from __future__ import annotations

from reports.across import ALONE, Across
from reports.baseline import compare
from reports.tests.sample_sides import SLOWER, STEADY, side

(WORSE,) = compare(side(SLOWER, 1), side(STEADY))


def test_a_comparison_is_found_by_the_kind_of_its_runs() -> None:
    across = Across((WORSE,))
    assert across.comparison("load") is WORSE
    assert across.comparison("conformance") is None


def test_a_run_alone_is_compared_with_nothing() -> None:
    assert ALONE.comparison("load") is None
