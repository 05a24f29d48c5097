from __future__ import annotations

from reports.results import Series
from reports.tests.sample_runs import sample_series
from reports.time_table import MOST_ROWS, columns, thinned

FIVE = Series(
    bin_s=1.0,
    owed=(1, 2, 3, 4, 5),
    delivered=(1, 2, 2, 4, 0),
    p50_ms=(1.0, None, 3.0, 2.0, None),
    p95_ms=(1.0, None, 3.0, 2.0, None),
    p99_ms=(1.0, None, 3.0, 2.0, None),
    last_p50_ms=(1.0, None, 3.0, 2.0, None),
    connections=(1, 2, 3, 4, 5),
    connects=(1, 1, 1, 1, 1),
    leaves=(0, 0, 1, 0, 0),
)


def test_a_short_series_stays_as_it_is() -> None:
    assert thinned(FIVE) is FIVE


def test_merged_counts_are_added_up() -> None:
    found = thinned(FIVE, most=3)
    assert (found.bin_s, found.owed, found.delivered, found.leaves) == (2.0, (3, 7, 5), (3, 6, 0), (0, 1, 0))


def test_merged_latencies_are_the_worst() -> None:
    assert thinned(FIVE, most=3).p99_ms == (1.0, 3.0, None)


def test_merged_connections_are_those_at_the_end() -> None:
    assert thinned(FIVE, most=3).connections == (2, 4, 5)


def test_an_hour_in_seconds_fits() -> None:
    assert len(thinned(sample_series(3600, lossy=True)).owed) <= MOST_ROWS


def test_columns_tell_what_was_lost() -> None:
    found = {column.name: column.values for column in columns(FIVE)}
    assert found["lost"] == (0, 0, 1, 0, 5)
    assert found["delivered / owed"] == (1.0, 1.0, 2 / 3, 1.0, 0.0)


def test_nothing_owed_has_no_ratio() -> None:
    found = {column.name: column.values for column in columns(Series(owed=(0,), delivered=(0,)))}
    assert found["delivered / owed"] == (None,)


def test_lists_of_unequal_length_are_made_equal() -> None:
    ragged = Series(owed=(1, 2, 3), delivered=(1,), p50_ms=(1.0, 2.0, 3.0, 4.0))
    assert {len(column.values) for column in columns(ragged)} == {3}
