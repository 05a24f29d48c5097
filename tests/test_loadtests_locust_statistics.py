"""Batches of deliveries in Locust's own statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from locust.env import Environment
from locust.stats import RequestStats

from conformance.harness.errors import HandshakeRefused
from loadtests import _locust_statistics as statistics
from loadtests._typed_locust import listen


@pytest.fixture
def stats() -> RequestStats:
    return RequestStats()


def _ns(*milliseconds: float) -> Any:
    return np.array([round(ms * 1e6) for ms in milliseconds], np.int64)


def test_a_batch_counts_as_so_many_requests_in_its_entry_and_in_total(stats: RequestStats) -> None:
    statistics.deliveries(stats, _ns(3, 5, 7), 120)
    assert stats.get("delivery", "WS").num_requests == 3
    assert stats.total.num_requests == 3
    assert stats.total.avg_content_length == 120


def test_batches_add_up(stats: RequestStats) -> None:
    statistics.deliveries(stats, _ns(3, 5), 120)
    statistics.deliveries(stats, _ns(100), 120)
    entry = stats.get("delivery", "WS")
    assert entry.num_requests == 3
    assert (entry.min_response_time, entry.max_response_time) == (3, 100)
    assert entry.median_response_time == 5


def test_percentiles_are_those_of_the_same_requests_one_by_one(stats: RequestStats) -> None:
    singly = RequestStats()
    latencies = [float(n) for n in range(1, 400)]
    for latency in latencies:
        singly.log_request("WS", "delivery", int(latency), 120)
    statistics.deliveries(stats, _ns(*latencies), 120)
    ours, theirs = stats.get("delivery", "WS"), singly.get("delivery", "WS")
    assert ours.response_times == theirs.response_times
    assert ours.total_response_time == theirs.total_response_time
    assert ours.get_response_time_percentile(0.95) == theirs.get_response_time_percentile(0.95)


def test_no_push_takes_no_time(stats: RequestStats) -> None:
    statistics.deliveries(stats, _ns(0.0004, 0.3), 120)
    entry = stats.get("delivery", "WS")
    assert entry.min_response_time == 1
    assert entry.avg_response_time == 1


def test_an_empty_batch_changes_nothing(stats: RequestStats) -> None:
    statistics.deliveries(stats, _ns(), 120)
    assert stats.total.num_requests == 0


def test_failures_count_without_a_time_and_name_their_reason(stats: RequestStats) -> None:
    statistics.deliveries(stats, _ns(3, 5, 7), 120)
    statistics.failures(stats, {"lost": 2, "late": 0})
    entry = stats.get("delivery", "WS")
    assert (entry.num_requests, entry.num_failures) == (5, 2)
    assert entry.avg_response_time == 5
    assert [(error.error, error.occurrences) for error in stats.errors.values()] == [("lost", 2)]


def test_failures_that_are_alike_are_one_row_in_words() -> None:
    environment = Environment()
    listen(
        environment.events.request,
        lambda request_type, name, exception, **_: environment.stats.log_error(request_type, name, exception),
    )
    for request in ("A", "B"):
        body = f'{{"message": "Forbidden", "requestId": "{request}"}}'
        failure = HandshakeRefused("example.org:443", 403, {"x-amzn-requestid": request}, body)
        statistics.request(environment, statistics.CONNECT, 3.0, 0, failure)
    (row,) = environment.stats.errors.values()
    assert row.occurrences == 2
    assert row.to_name() == "WS connect: example.org:443 refused the WebSocket handshake with HTTP 403"


def test_locust_keeps_no_more_of_a_soak_than_it_looks_at(
    stats: RequestStats, monkeypatch: pytest.MonkeyPatch
) -> None:
    for second in range(1000, 5000):
        monkeypatch.setattr("time.time", lambda now_s=second: now_s)
        statistics.deliveries(stats, _ns(3, 5), 120)
        stats.history.append({"time": second})
        statistics.forget_old(stats)
    entry = stats.get("delivery", "WS")
    assert len(entry.num_reqs_per_sec) < 100
    assert entry.num_requests == 8000
    assert entry.current_rps == 2.0
    assert len(stats.history) <= 2000
    assert (stats.history[0]["time"], stats.history[-1]["time"]) == (1000, 4999)
