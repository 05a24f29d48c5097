"""Reconnect storms, told from connections."""

from __future__ import annotations

from reports.history import Leaving
from reports.history_reader import Connection
from reports.reconnects import Storm, storms

_S = 1_000_000_000


def connection(opening_s: float, left_s: float | None = None, how: Leaving = "abort") -> Connection:
    """Its handshake takes 0.1 s."""
    opening = round(opening_s * _S)
    leaving = None if left_s is None else round(left_s * _S)
    return Connection(
        0, "c", "stayer", opening, opening + _S // 10, "ok", leaving_ns=leaving, how=how if left_s else None
    )


def test_a_storm_lasts_until_the_last_is_back() -> None:
    before = [connection(0, 10), connection(0, 10.1), connection(0, 10.2)]
    after = [connection(10.1), connection(10.2), connection(11.5)]
    (storm,) = storms([*before, *after])
    assert (storm.dropped, storm.returned, storm.peak_per_s) == (3, 3, 2)
    assert storm.back_s is not None
    assert abs(storm.back_s - 1.6) < 1e-6


def test_whoever_does_not_come_back_is_missed() -> None:
    (storm,) = storms([connection(0, 10), connection(0, 10), connection(10.5)])
    assert (storm.returned, storm.back_s) == (1, None)
    assert "1 came back" in str(storm)


def test_each_storm_counts_its_own_returns() -> None:
    first = [connection(0, 10), connection(0, 10)]
    second = [connection(10.2, 20), connection(10.2, 20)]
    assert [storm.returned for storm in storms([*first, *second])] == [2, 0]


def test_a_dropper_among_storms_is_none() -> None:
    everybody = [connection(0, 10) for _ in range(5)]
    assert len(storms([*everybody, connection(0, 5), connection(0, 15)])) == 1


def test_those_who_close_properly_make_no_storm() -> None:
    assert storms([connection(0, 10, "close"), connection(0, 10, "close")]) == []


def test_a_peak_is_held_against_the_quota() -> None:
    assert "above API Gateway's default quota of 500" in str(Storm(600, 600, 1.0, 600))
    assert "within API Gateway's default quota of 500" in str(Storm(600, 600, 1.0, 500))
