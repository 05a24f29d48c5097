from __future__ import annotations

import pytest

from reports.figures import (
    between_hosts,
    count,
    duration,
    evidence,
    lost_in_words,
    milliseconds,
    percentile,
    rate,
    share,
)
from reports.proportion import proportion
from reports.results import Delivery, Latency, Percentiles


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "—"),
        (0, "0 ms"),
        (0.1234, "0.12 ms"),
        (9.876, "9.88 ms"),
        (38.94, "38.9 ms"),
        (812.4, "812 ms"),
        (1234, "1.23 s"),
        (59_000, "59 s"),
        (61_000, "1 min 01 s"),
        (-3.5, "-3.50 ms"),
    ],
)
def test_milliseconds_have_three_digits_and_a_unit(value: float | None, shown: str) -> None:
    assert milliseconds(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.5, "0.50 s"), (41.6, "41.6 s"), (60, "1 min 00 s"), (3599.6, "1 h 00 min"), (7384, "2 h 03 min")],
)
def test_durations_read_as_people_say_them(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_latencies_between_hosts_are_told_with_what_their_clocks_leave_open() -> None:
    assert between_hosts(Latency(clock_error_ms=3.1)) == ", ±3.10 ms between hosts"
    assert between_hosts(Latency()) == ""


def test_counts_are_grouped() -> None:
    assert count(1234567) == "1,234,567"


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 0, "—"),
        (5, 5, "100 %"),
        (9_999_999, 10_000_000, "> 99.999 %"),
        (99_990, 100_000, "99.990 %"),
        (995, 1000, "99.50 %"),
        (1, 3, "33.3 %"),
        (1, 10_000_000, "< 0.01 %"),
        (0, 5, "0.00 %"),
    ],
)
def test_a_share_is_whole_only_when_nothing_is_missing(part: int, whole: int, shown: str) -> None:
    assert share(part, whole) == shown


def test_a_percentile_among_the_lost_says_lost() -> None:
    found = Percentiles(100, 2, 1.0, 2.0, None, None, None)
    assert (percentile(found, "p50"), percentile(found, "p99")) == ("1 ms", "lost")


def test_a_percentile_of_nothing_is_a_dash() -> None:
    assert percentile(Percentiles(), "p99") == "—"


@pytest.mark.parametrize(
    ("delivery", "words"),
    [
        (Delivery(), "no message was judged"),
        (Delivery(messages=3), "nothing was owed"),
        (Delivery(messages=10, owed=1000, delivered=1000), "none of 1,000 owed deliveries lost"),
        (Delivery(messages=10, owed=1000, delivered=998, lost=2), "2 of 1,000 owed deliveries lost (0.20 %)"),
    ],
)
def test_what_was_lost_is_said_in_words(delivery: Delivery, words: str) -> None:
    assert lost_in_words(delivery) == words


def test_evidence_of_any_type_can_be_shown() -> None:
    counts = {
        "owed": 12_000,
        "ratio": 0.5,
        "ok": True,
        "ids": ["a", "b"],
        "none": None,
        "text": "x\n",
        "no": False,
        "nan": float("nan"),
    }
    assert evidence(counts) == "owed 12,000, ratio 0.50, ok yes, ids a, b, none —, text x\\n, no no, nan nan"


def test_a_rate_is_told_with_its_interval() -> None:
    assert rate(proportion(3, 10)) == "3 of 10 times (95 % confidence interval 11 % to 60 %)"
