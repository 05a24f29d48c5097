"""`latency.hlog`: the latencies of a run as HDR histograms, in the log format that their tools read. Pure.

Of each interval of the run one histogram for each tag: `pair`, `first` and `last`. Values are
nanoseconds from the intended send, the largest of an interval is in milliseconds, as the tools want it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .figures import between_hosts
from .hdr_encoding import encoded, highest_of
from .latency_counts import MOST_NS, LatencyCounts, Nanoseconds
from .metrics import LOST, OwedPairs
from .results import Percentiles, Results

HDR_LOG = "latency.hlog"

_LEGEND = '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"'


def render_hdr_log(results: Results, pairs: OwedPairs) -> str:
    """The log of the pairs that the figures of `results` are of.

    What was lost has no latency: comments say how much that is, for it is in no histogram.
    """
    told = results.latency_ms
    kinds = {
        "pair": (told.pair, pairs.latencies),
        "first": (told.first, _counted(pairs, pairs.first_ns)),
        "last": (told.last, _counted(pairs, pairs.last_ns)),
    }
    started_s = results.started_ms / 1000
    lines = [
        "#[Histogram log format version 1.3]",
        f"#[StartTime: {started_s:.3f} (seconds since epoch), {results.started}]",
        f"#[BaseTime: {started_s:.3f} (seconds since epoch)]",
        *(_left_out(tag, of) for tag, (of, _) in kinds.items()),
        *([f"#[latencies{exact}]"] if (exact := between_hosts(told).replace(",", ":", 1)) else []),
        _LEGEND,
    ]
    width_s = pairs.axis.width_s
    for bin_ in range(pairs.axis.bins):
        for tag, (_, counts) in kinds.items():
            lines += _interval(f"Tag={tag},{bin_ * width_s:.3f},{width_s:.3f}", counts, bin_)
    return "\n".join(lines) + "\n"


def _counted(pairs: OwedPairs, latency_ns: Nanoseconds) -> LatencyCounts:
    came = pairs.owed() & (latency_ns != LOST)
    found = LatencyCounts(pairs.axis.bins)
    found.add(pairs.axis.of(pairs.intended_ns[came]), latency_ns[came])
    return found


def _left_out(tag: str, of: Percentiles) -> str:
    return f"#[{tag}: of {of.count} owed, {of.count - of.lost} are in these histograms, {of.lost} were lost]"


def _interval(head: str, counts: LatencyCounts, bin_: int) -> Iterator[str]:
    """Nothing where nothing was delivered."""
    of_bin = counts.hdr_counts(bin_)
    if len(places := np.flatnonzero(of_bin)):
        yield f"{head},{highest_of(int(places[-1])) / 1e6:.3f},{encoded(of_bin, MOST_NS)}"
