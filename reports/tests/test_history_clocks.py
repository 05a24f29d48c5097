"""What the clocks of several hosts leave open of a latency; `test_clock_doubt` has what they are made of."""

from __future__ import annotations

import numpy as np

from reports.clock_bands import UNBOUNDED, Band, Grid
from reports.history_clocks import HostClock, latency_error_ns

_BAND = Band.reference(Grid.over(0, np.iinfo(np.int32).max))


def clock(error_ns: int, unclear: str = "") -> HostClock:
    return HostClock("c", (1,), _BAND, error_ns, unclear=unclear)


def test_between_two_hosts_neither_of_which_is_the_masters_both_errors_count() -> None:
    assert latency_error_ns([clock(3), clock(50), clock(20)]) == 70


def test_between_the_master_and_one_host_its_error_counts() -> None:
    assert latency_error_ns([clock(50)]) == 50


def test_with_a_clock_that_is_unclear_nothing_is_measured() -> None:
    assert latency_error_ns([clock(50), clock(UNBOUNDED // 2, "nothing passed")]) == 50


def test_where_all_is_on_one_clock_nothing_is_left_open() -> None:
    assert latency_error_ns([]) is None
