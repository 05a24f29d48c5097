"""A run on two hosts is judged like the same run on one clock, but for what their clocks leave open."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.harness.contract import Bounds, Contract
from conformance.harness.oracle import Judgement, judge
from reports.history import (
    DELIVERY,
    FORMAT,
    ClockCompared,
    ConnectEnded,
    ConnectStarted,
    Event,
    Footer,
    Header,
    LeaveStarted,
    SendEnded,
    SendStarted,
    message_id,
)
from reports.history_reader import read_history

_MS = 1_000_000
_S = 1000 * _MS
_BOUNDS = Bounds(deliver_s=1.0)
_HOSTS = (1, 2)
_START = 1000 * _S


@dataclass(frozen=True)
class _Run:
    """One process a host, with one stayer and one visitor each; times in ms from the start."""

    visits: tuple[tuple[int, int], tuple[int, int]]
    """Of each host's visitor: when it came, and how long it stayed."""
    sent: tuple[tuple[int, int], ...]
    """Messages: which host's stayer speaks, and when."""
    delays: tuple[int | None, ...]
    """Of the deliveries of all messages to all four connections, in turn; None for those that are lost."""


@st.composite
def _runs(draw: st.DrawFn) -> _Run:
    sent = draw(st.lists(st.tuples(st.integers(0, 1), st.integers(100, 6000)), min_size=2, max_size=8))
    visit = st.tuples(st.integers(50, 4000), st.integers(100, 4000))
    delay = st.one_of(st.none(), st.integers(1, 1500))
    delays = draw(st.lists(delay, min_size=4 * len(sent), max_size=4 * len(sent)))
    return _Run((draw(visit), draw(visit)), tuple(sent), tuple(delays))


def _write(folder: Path, run: _Run, ahead_ns: int, *, compared: Sequence[int] = ()) -> None:
    """Host 2's clock is so far ahead; `compared` are round trips to host 1's in nanoseconds, one a second."""
    folder.mkdir()
    for host, ahead in zip(_HOSTS, (0, ahead_ns), strict=True):
        shift = _START + ahead
        came, stayed = run.visits[host - 1]
        events: list[Event] = [
            ConnectStarted(shift, 0, "stayer"),
            ConnectEnded(shift + 10 * _MS, 0, "ok", 101),
            ConnectStarted(shift + came * _MS, 1, "joiner"),
            ConnectEnded(shift + (came + 5) * _MS, 1, "ok", 101),
            LeaveStarted(shift + (came + stayed) * _MS, 1, "close"),
            LeaveStarted(shift + 20 * _S, 0, "close"),
        ]
        rows = []
        for number, (speaker, at) in enumerate(run.sent):
            message = message_id(speaker + 1, number)
            if speaker + 1 == host:
                at_ns = shift + at * _MS
                events += [SendStarted(at_ns, message, 0, at_ns, "churn/main", 9, "text")]
                events += [SendEnded(at_ns + _MS, message, "ok")]
            for connection in (0, 1):
                delay = run.delays[4 * number + 2 * (host - 1) + connection]
                if delay is not None:
                    rows.append((shift + (at + delay) * _MS, message, connection, 0))
        if host == 2 and ahead:
            for second, trip in enumerate(compared):
                asked = shift + second * _S
                answered = _START + second * _S + trip // 2
                events.append(ClockCompared(asked + trip, host, asked, "clock of 1", answered))
        clock = f"clock of {host if ahead_ns else 1}"
        header = Header(FORMAT, host, clock, shift, "2026-01-01T00:00:00+00:00")
        _write_lines(folder / f"history.{host}.jsonl", [header, *events, Footer(shift, len(rows))])
        np.array(sorted(rows), DELIVERY).tofile(folder / f"history.{host}.deliveries")


def _write_lines(path: Path, events: Iterable[Event | Header | Footer]) -> None:
    lines = [json.dumps({"kind": type(event).__name__, "fields": asdict(event)}) for event in events]
    path.write_text("\n".join([*lines, ""]))


def _judged(folder: Path) -> Judgement:
    return judge(read_history(folder), Contract(), _BOUNDS)


def _named(judgement: Judgement, pairs: str) -> set[tuple[int, int]]:
    return {(judgement.messages[row].id, number) for row, number in getattr(judgement, pairs)}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(_runs(), st.sampled_from([-900, -3, 5, 86_400]), st.integers(1, 200))
def test_no_pair_is_accused_that_one_clock_acquits(
    tmp_path_factory: pytest.TempPathFactory, run: _Run, ahead_s: int, trip_ms: int
) -> None:
    folder = tmp_path_factory.mktemp("runs")
    _write(folder / "one", run, 0)
    _write(folder / "two", run, ahead_s * _S, compared=[trip_ms * _MS] * 20)
    one, two = _judged(folder / "one"), _judged(folder / "two")
    for kind in ("lost", "late", "leaked", "duplicated"):
        assert _named(two, kind) <= _named(one, kind)
    assert two.counts.owed <= one.counts.owed
    assert two.counts.delivered + two.counts.may <= one.counts.delivered + one.counts.may + one.counts.leaked


_PLAIN = _Run(((1000, 2000), (1000, 2000)), ((0, 1500), (1, 1600), (0, 4000), (1, 5000)), (20,) * 16)


def test_far_from_every_bound_the_verdict_is_that_of_one_clock(tmp_path: Path) -> None:
    run = replace(_PLAIN, delays=(20, 20, None, 20, 20, 1400, *(20,) * 2, *(20, None) * 4))
    _write(tmp_path / "one", run, 0)
    _write(tmp_path / "two", run, 777 * _S, compared=[_MS] * 20)
    one, two = _judged(tmp_path / "one"), _judged(tmp_path / "two")
    assert asdict(two.counts) == asdict(one.counts)
    assert one.counts.lost
    assert one.counts.late


def test_messages_alone_place_a_clock_that_was_never_compared(tmp_path: Path) -> None:
    _write(tmp_path / "two", _PLAIN, 777 * _S)
    (clock,) = read_history(tmp_path / "two").clocks
    assert not clock.unclear
    assert 20 * _MS <= clock.error_ns < 32 * _MS
    assert "w2 is 776.99" in str(clock) or "w2 is 777.0" in str(clock)


def test_where_nothing_passed_one_way_no_pair_between_the_hosts_is_judged(tmp_path: Path) -> None:
    run = replace(_PLAIN, delays=(20, None, None, None) * 4)
    _write(tmp_path / "two", run, 777 * _S)
    history = read_history(tmp_path / "two")
    (clock,) = history.clocks
    assert "both ways" in clock.unclear
    judgement = judge(history, Contract(), _BOUNDS)
    host_of = {connection.number: connection.process for connection in history.connections}
    assert all(message >> 32 == host_of[number] for message, number in _named(judgement, "lost"))
    assert judgement.counts.leaked == judgement.counts.late == 0


def test_a_latency_between_hosts_is_never_negative(tmp_path: Path) -> None:
    run = replace(_PLAIN, delays=(1,) * 16)
    _write(tmp_path / "two", run, 777 * _S, compared=[100 * _MS] * 20)
    judgement = _judged(tmp_path / "two")
    assert judgement.counts.delivered
    assert (judgement.first_ns[judgement.delivered_per_message > 0] >= 0).all()


@pytest.mark.parametrize(
    ("opened_ms", "left_ms", "owed"),
    [
        (1340, 2660, True),
        (1440, 2660, False),  # within the error before the message was sent
        (1340, 2560, False),  # … and after it was due
    ],
)
def test_a_message_of_another_host_is_owed_to_who_was_there_by_more_than_the_clocks_error(
    tmp_path: Path, opened_ms: int, left_ms: int, owed: bool
) -> None:
    """The message is sent at 1500 ms and due at 2500, and round trips of 200 ms leave 100 open."""
    visit = (opened_ms - 5, left_ms - opened_ms + 5)
    run = _Run(((1000, 2000), visit), ((0, 1500),), (20, 20, 900, None))
    _write(tmp_path / "two", run, 777 * _S, compared=[200 * _MS] * 20)
    judgement = _judged(tmp_path / "two")
    assert len(judgement.lost) == owed
