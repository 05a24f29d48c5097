from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.history import GeneratorHealth
from reports.latency_counts import Nanoseconds, TimeAxis
from reports.metrics import (
    LOST,
    STILL_OPEN,
    ConnectionTimes,
    OwedPairs,
    axis_of,
    bin_width_s,
    generator,
    latency,
    no_pairs,
    percentiles,
    series,
)
from reports.results import Latency, Percentiles

from .sample_pairs import owed_pairs

MS = 1_000_000
SECOND = 1_000_000_000
NO_CONNECTIONS = ConnectionTimes(np.empty(0, np.int64), np.empty(0, np.int64))


def ns(*milliseconds: float) -> Nanoseconds:
    return np.array([LOST if v == float("inf") else int(v * MS) for v in milliseconds], np.int64)


def pairs(*rows: tuple[int, float, float], start_s: float = 0, end_s: float = 3) -> OwedPairs:
    """Rows of (message, intended second, latency in ms or inf), in bins of a second."""
    message, intended, latencies = zip(*rows, strict=True)
    axis = TimeAxis.over(int(start_s * SECOND), int(end_s * SECOND), 1.0)
    sent = np.array([int(s * SECOND) for s in intended], np.int64)
    return owed_pairs(np.array(message), sent, ns(*latencies), axis)


def health(lag_ms: float, cpu: float, receive_lag_ms: float = 0.0) -> GeneratorHealth:
    return GeneratorHealth(0, int(lag_ms * MS), cpu, receive_lag_ns=int(receive_lag_ms * MS))


def test_no_samples_have_no_percentiles() -> None:
    assert percentiles(ns()) == Percentiles()


def test_percentiles_are_samples_by_nearest_rank() -> None:
    found = percentiles(ns(*range(1, 1001)))
    assert (found.p50, found.p95, found.p99, found.p999, found.max) == (500, 950, 990, 999, 1000)


def test_a_lone_sample_is_every_percentile() -> None:
    assert percentiles(ns(7)) == Percentiles(1, 0, 7, 7, 7, 7, 7)


def test_a_lost_sample_is_later_than_any_other() -> None:
    found = percentiles(ns(*range(1, 100), float("inf")))
    assert (found.count, found.lost) == (100, 1)
    assert (found.p99, found.p999, found.max) == (99, None, None)


def test_losing_more_never_makes_it_faster() -> None:
    few, many = percentiles(ns(1, 2, 3, 4, 500)), percentiles(ns(1, 2, 3, 4, float("inf")))
    assert (few.p95, many.p95) == (500, None)


@given(st.lists(st.integers(0, 10**12), min_size=1), st.integers(0, 50))
def test_half_of_all_samples_lie_within_p50(values: list[int], lost: int) -> None:
    found = percentiles(np.array(values + [LOST] * lost, np.int64))
    within = len(values) if found.p50 is None else sum(v / MS <= found.p50 for v in values)
    assert (2 * within >= len(values) + lost) == (found.p50 is not None)


def test_first_and_last_recipient_are_told_apart() -> None:
    found = latency(pairs((1, 0, 10), (2, 0, 5), (1, 0, 30), (2, 0, 50)))
    assert (found.first.p50, found.first.max) == (5, 10)
    assert (found.last.p50, found.last.max) == (30, 50)
    assert (found.pair.count, found.first.count) == (4, 2)


def test_a_message_that_one_recipient_lost_has_a_first_and_no_last() -> None:
    found = latency(pairs((1, 0, 10), (1, 0, float("inf"))))
    assert (found.first.max, found.first.lost) == (10, 0)
    assert (found.last.max, found.last.lost) == (None, 1)


def test_a_message_that_everybody_lost_has_neither() -> None:
    found = latency(pairs((1, 0, float("inf")), (1, 0, float("inf"))))
    assert (found.first.lost, found.last.lost) == (1, 1)


def test_no_pairs_have_no_latency() -> None:
    empty = no_pairs(axis_of(0, SECOND))
    assert latency(empty) == Latency(Percentiles(), Percentiles(), Percentiles())


def test_pairs_count_in_the_bin_of_their_intended_send() -> None:
    found = series(pairs((1, 0.5, 1500), (2, 1.5, 10), (2, 1.5, float("inf")), (3, 2.9, 10)), NO_CONNECTIONS)
    assert found.owed == (1, 2, 1)
    assert found.delivered == (1, 1, 1)


def test_percentiles_of_a_bin_are_its_own_whatever_the_order() -> None:
    found = series(pairs((3, 2.5, 3), (1, 0.5, 1), (2, 1.5, float("inf")), end_s=4), NO_CONNECTIONS)
    assert found.p50_ms == (1, None, 3, None)
    assert found.p99_ms == (1, None, 3, None)


def test_the_last_recipient_counts_once_a_message() -> None:
    found = series(
        pairs((1, 0.1, 1), (1, 0.1, 9), (2, 0.2, 2), (2, 0.2, 8), (3, 0.3, 7), end_s=1), NO_CONNECTIONS
    )
    assert found.last_p50_ms == (8,)


def test_messages_of_several_senders_interleave() -> None:
    found = series(pairs((9, 0.1, 1), (2, 1.1, 2), (9, 0.1, 3), (2, 1.1, 4), end_s=2), NO_CONNECTIONS)
    assert found.last_p50_ms == (3, 4)


def test_connections_are_those_open_at_the_end_of_a_bin() -> None:
    times = ConnectionTimes(
        np.array([100 * MS, 200 * MS, 1500 * MS]), np.array([1900 * MS, STILL_OPEN, 1600 * MS])
    )
    found = series(pairs((1, 0, 1), end_s=2), times)
    assert (found.connects, found.leaves, found.connections) == ((2, 1), (0, 2), (2, 1))


def test_what_lies_outside_the_run_counts_in_the_nearest_bin() -> None:
    found = series(pairs((1, 0, 1), (2, 9, 1), start_s=1), NO_CONNECTIONS)
    assert found.owed == (1, 1)


def test_all_lists_of_a_series_are_equally_long() -> None:
    found = series(pairs((1, 0, 1), end_s=2.5), NO_CONNECTIONS)
    lists = (found.owed, found.delivered, found.p50_ms, found.p95_ms, found.p99_ms, found.last_p50_ms)
    assert {len(v) for v in (*lists, found.connections, found.connects, found.leaves)} == {3}


def test_a_run_of_no_time_has_one_bin() -> None:
    assert series(pairs((1, 0, 1), end_s=0), NO_CONNECTIONS).owed == (1,)


@pytest.mark.parametrize(
    ("duration_s", "width_s"), [(1, 0.1), (30, 0.2), (120, 0.5), (3600, 15), (10**6, 3600)]
)
def test_bins_are_as_fine_as_the_run_is_short(duration_s: float, width_s: float) -> None:
    assert bin_width_s(duration_s) == width_s


def test_a_generator_that_kept_up_is_trusted() -> None:
    found = generator([health(10, 0.3), health(40, 0.5), health(20, 0.95)])
    assert (found.samples, found.worst_lag_ms, found.cpu_median, found.cpu_max) == (3, 40, 0.5, 0.95)
    assert not found.saturated


def test_actions_late_in_more_than_a_tenth_of_the_samples_saturate() -> None:
    assert not generator([health(251, 0.1), *[health(10, 0.1)] * 9]).saturated
    found = generator([health(251, 0.1), *[health(10, 0.1)] * 8])
    assert found.saturated
    assert found.reason == "actions were over 250 ms late in 11% of the samples"


def test_one_action_late_by_more_than_a_second_saturates() -> None:
    found = generator([health(1001, 0.1), *[health(10, 0.1)] * 30])
    assert found.saturated
    assert found.reason == "an action was 1001 ms behind its schedule (limit 1000 ms)"


def test_messages_read_late_in_more_than_a_tenth_of_the_samples_saturate() -> None:
    found = generator([health(10, 0.1, 251), health(10, 0.1, 300), health(10, 0.1, 40)])
    assert found.worst_receive_lag_ms == 300
    assert found.reason == "messages waited over 250 ms to be read in 67% of the samples"


def test_one_message_read_late_by_more_than_a_second_saturates() -> None:
    found = generator([health(10, 0.1, 1001), *[health(10, 0.1, 3)] * 30])
    assert found.reason == "a message waited 1001 ms to be read (limit 1000 ms)"


def test_a_busy_generator_saturates() -> None:
    found = generator([health(1, 0.95), health(1, 0.99), health(1, 0.1)])
    assert found.reason == "the generator used over 90% of a core in 67% of the samples"


def test_samples_of_a_crowded_machine_are_counted() -> None:
    crowded = [replace(health(1, 0.1), runnable_per_core=5.1), replace(health(1, 0.1), load_per_core=5.1)]
    sample = replace(health(1, 0.1), runnable_per_core=5.0, load_per_core=5.0)
    assert generator([*crowded, sample, sample]).crowded_share == 0.5


def test_both_reasons_are_told() -> None:
    assert " and the generator used" in generator([health(300, 1.0)]).reason


def test_unrecorded_health_is_told() -> None:
    found = generator([])
    assert (found.samples, found.saturated) == (0, False)
    assert found.reason == "the generator's health was not recorded"
