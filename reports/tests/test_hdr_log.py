"""The log of HDR histograms, read back by the format's own rules."""

from __future__ import annotations

import base64
import re
import struct
import zlib
from collections import Counter
from dataclasses import replace

import numpy as np

from reports.hdr_encoding import highest_of
from reports.hdr_log import render_hdr_log
from reports.latency_counts import Nanoseconds, TimeAxis
from reports.metrics import LOST, OwedPairs, latency, no_pairs
from reports.tests.sample_pairs import owed_pairs
from reports.tests.sample_runs import passing_run

MS = 1_000_000
_LINE = re.compile(r"Tag=(\w+),([\d.]+),([\d.]+),([\d.]+),(HIST\S+)")


def log_of(pairs: OwedPairs) -> str:
    return render_hdr_log(replace(passing_run("load"), latency_ms=latency(pairs)), pairs)


def read(text: str) -> list[tuple[str, float, float, float, Counter[int]]]:
    """Tag, start, length, largest and counts by highest value of class, of each interval."""
    found = [_LINE.fullmatch(line) for line in text.splitlines() if line.startswith("Tag=")]
    return [(m[1], float(m[2]), float(m[3]), float(m[4]), _decoded(m[5])) for m in found if m]


def _decoded(text: str) -> Counter[int]:
    raw = zlib.decompress(base64.b64decode(text)[8:])
    (length,) = struct.unpack(">i", raw[4:8])
    counts: Counter[int] = Counter()
    place = at = 0
    payload = raw[40:]
    assert len(payload) == length
    while at < length:
        word = shift = 0
        while True:
            byte, at = payload[at], at + 1
            word |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        count = (word >> 1) ^ -(word & 1)
        if count > 0:
            counts[highest_of(place)] += count
        place += max(1, -count)
    return counts


def ranked(counts: Counter[int], share: float) -> int:
    values = sorted(counts.elements())
    return values[max(1, int(np.ceil(share * len(values)))) - 1]


def sample(seed: int = 7, lost: int = 0) -> tuple[OwedPairs, Nanoseconds]:
    """400 messages to 10 each over 8 s in bins of 2 s, the last `lost` pairs of the last message lost."""
    dice = np.random.default_rng(seed)
    latency_ns = np.round(dice.lognormal(np.log(20 * MS), 1.0, 4000)).astype(np.int64)
    latency_ns[len(latency_ns) - lost :] = LOST
    message = np.repeat(np.arange(400), 10)
    pairs = owed_pairs(message, message * 20 * MS, latency_ns, TimeAxis.over(0, 8_000 * MS, 2.0))
    return pairs, latency_ns


def test_the_histograms_of_a_run_hold_each_of_its_latencies_to_three_digits() -> None:
    pairs, latency_ns = sample()
    whole: dict[str, Counter[int]] = {"pair": Counter(), "first": Counter(), "last": Counter()}
    for tag, *_, counts in read(log_of(pairs)):
        whole[tag] += counts
    by_message = latency_ns.reshape(400, 10)
    for tag, true in (
        ("pair", latency_ns),
        ("first", by_message.min(axis=1)),
        ("last", by_message.max(axis=1)),
    ):
        counts = whole[tag]
        assert counts.total() == len(true)
        mean = sum(value * count for value, count in counts.items()) / counts.total()
        assert abs(mean / true.mean() - 1) < 0.001
        for share in (0.5, 0.95, 0.99, 0.999, 1.0):
            exact = int(np.sort(true)[int(np.ceil(share * len(true))) - 1])
            assert 0 <= ranked(counts, share) - exact <= exact / 1000


def test_each_interval_tells_its_time_and_the_largest_of_its_latencies_in_milliseconds() -> None:
    pairs, latency_ns = sample()
    intervals = [(tag, start, length) for tag, start, length, *_ in read(log_of(pairs))]
    assert intervals == [(tag, at, 2.0) for at in (0, 2, 4, 6) for tag in ("pair", "first", "last")]
    largest = [most for tag, *_, most, _ in read(log_of(pairs)) if tag == "pair"]
    true = latency_ns.reshape(4, 1000).max(axis=1) / MS
    assert np.all((largest >= true - 0.001) & (largest <= true * 1.001))


def test_what_was_lost_is_in_no_histogram_and_a_comment_says_so() -> None:
    text = log_of(sample(lost=3)[0])
    assert sum(counts.total() for tag, *_, counts in read(text) if tag == "pair") == 3997
    assert "#[pair: of 4000 owed, 3997 are in these histograms, 3 were lost]" in text
    assert "#[last: of 400 owed, 399 are in these histograms, 1 were lost]" in text


def test_what_clocks_of_hosts_leave_open_is_told() -> None:
    pairs, _ = sample()
    run = replace(passing_run("load"), latency_ms=latency(pairs, 3.1))
    assert "#[latencies: ±3.10 ms between hosts]" in render_hdr_log(run, pairs)
    assert "between hosts" not in log_of(pairs)


def test_it_begins_as_readers_of_the_format_expect() -> None:
    lines = log_of(sample()[0]).splitlines()
    started = re.escape(passing_run("load").started)
    assert lines[0] == "#[Histogram log format version 1.3]"
    assert re.fullmatch(rf"#\[StartTime: \d+\.\d{{3}} \(seconds since epoch\), {started}\]", lines[1])
    assert lines[6].startswith('"StartTimestamp","Interval_Length","Interval_Max"')


def test_a_run_in_which_nothing_was_delivered_has_no_intervals() -> None:
    text = log_of(no_pairs(TimeAxis.over(0, 1_000 * MS, 1.0)))
    assert read(text) == []
    assert "#[pair: of 0 owed" in text
