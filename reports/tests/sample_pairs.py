"""Owed pairs written down one by one."""

from __future__ import annotations

import numpy as np

from reports.latency_counts import LatencyCounts, Nanoseconds, TimeAxis
from reports.metrics import LOST, OwedPairs


def owed_pairs(
    message: Nanoseconds, intended_ns: Nanoseconds, latency_ns: Nanoseconds, axis: TimeAxis
) -> OwedPairs:
    """Columns with a row a pair, `latency_ns` from `intended_ns` or LOST; the bound is one second."""
    each, first_of, place = np.unique(message, return_index=True, return_inverse=True)
    came = latency_ns != LOST
    first, last = np.full(len(each), LOST), np.zeros(len(each), np.int64)
    np.minimum.at(first, place, latency_ns)
    np.maximum.at(last, place, latency_ns)
    latencies = LatencyCounts(axis.bins)
    latencies.add(axis.of(intended_ns[came]), latency_ns[came])
    return OwedPairs(
        intended_ns[first_of],
        np.bincount(place, minlength=len(each)),
        np.bincount(place[came], minlength=len(each)),
        np.bincount(place[came & (latency_ns > 1_000_000_000)], minlength=len(each)),
        first,
        last,
        axis,
        latencies,
    )
