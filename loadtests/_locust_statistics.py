"""Feeds Locust's own statistics: its table, CSV files, web UI, and from workers its master.

`events.request.fire` for each delivery would cost more than the delivery. `StatsEntry.extend` is how
a master takes in what a worker has counted; here it takes in what half a second has brought.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from locust.env import Environment
from locust.exception import CatchResponseError
from locust.stats import RequestStats, StatsEntry, StatsError, bucket_response_time

from conformance.harness.errors import TargetFailure

from ._typed_locust import fire_request

METHOD = "WS"
"""What Locust shows as the type of our requests; their names follow."""
CONNECT = "connect"
SEND = "send"
DELIVERY = "delivery"
MISCHIEF = "mischief"

_SECONDS_KEPT = 60
"""Of which Locust looks at the last twelve."""
_SAMPLES_KEPT = 2000
"""Of Locust's charts, which take one every five seconds."""


def request(
    environment: Environment,
    name: str,
    response_ms: float | None,
    size: int,
    failure: TargetFailure | None = None,
) -> None:
    """Record one request; `response_ms` None for what has no answer, and so no time.

    Failures that are alike are one row of Locust's table, in words.
    """
    error: Exception | None = None
    if failure is not None:
        error = CatchResponseError(failure.alike)  # of all exceptions Locust shows only this one's text
        error.__cause__ = failure
    fire_request(environment, METHOD, name, response_ms, size, error)


def deliveries_of(stats: RequestStats) -> StatsEntry:
    """What was recorded of deliveries so far."""
    return stats.entries[(DELIVERY, METHOD)]


def deliveries(stats: RequestStats, latencies_ns: npt.NDArray[np.int64], size: int) -> None:
    """Record the latencies of that many pushes of `size` bytes each.

    Locust counts and shows whole milliseconds: they are rounded up, so that no push ever takes 0.
    The exact ones are in the run folder.
    """
    if not len(latencies_ns):
        return
    ms = np.maximum(1, -(-latencies_ns // 1_000_000))
    batch = _empty(DELIVERY)
    batch.num_requests = len(ms)
    batch.num_reqs_per_sec[int(time.time())] = len(ms)
    batch.last_request_timestamp = time.time()
    batch.total_response_time = int(ms.sum())
    batch.min_response_time = int(ms.min())
    batch.max_response_time = int(ms.max())
    batch.total_content_length = size * len(ms)
    for value, count in zip(*np.unique(ms, return_counts=True), strict=True):
        batch.response_times[bucket_response_time(int(value))] += int(count)
    _extend(stats, batch)


def forget_old(stats: RequestStats) -> None:
    """Drop what Locust keeps of each second of a run and looks at no more; thin out its charts' samples."""
    oldest = int(stats.last_request_timestamp or 0) - _SECONDS_KEPT
    for entry in (stats.total, *stats.entries.values()):
        for by_second in (entry.num_reqs_per_sec, entry.num_fail_per_sec):
            for second in [second for second in by_second if second < oldest]:
                del by_second[second]
    if len(stats.history) > _SAMPLES_KEPT:
        del stats.history[1:-1:2]


def failures(stats: RequestStats, by_reason: Mapping[str, int]) -> None:
    """Record deliveries that went wrong, as Locust's failures: requests without a time."""
    for reason, count in by_reason.items():
        if not count:
            continue
        batch = _empty(DELIVERY)
        batch.num_requests = batch.num_none_requests = batch.num_failures = count
        batch.num_fail_per_sec[int(time.time())] = count
        _extend(stats, batch)
        key = StatsError.create_key(METHOD, DELIVERY, reason)
        stats.errors.setdefault(key, StatsError(METHOD, DELIVERY, reason)).occurrences += count


def _empty(name: str) -> StatsEntry:
    return StatsEntry(RequestStats(use_response_times_cache=False), name, METHOD)


def _extend(stats: RequestStats, batch: StatsEntry) -> None:
    stats.entries[(batch.name, batch.method)].extend(batch)
    stats.total.extend(batch)
