"""What passed between two clocks bounds how far they are apart."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.clock_bands import DRIFT_PPM, Band, Grid, Ints, passed

_S = 1_000_000_000
_MS = 1_000_000

moments = st.integers(0, 60 * _S)
latencies = st.integers(0, 2 * _S)
passages = st.lists(st.tuples(moments, latencies), min_size=1, max_size=30)
soaking = st.lists(st.tuples(st.integers(0, 30 * 3600 * _S), latencies), min_size=1, max_size=30)


def _ahead(at_ns: int, offset_ns: int, drift_ppm: int) -> int:
    """How far a clock is ahead of the reference."""
    return offset_ns + at_ns * drift_ppm // 1_000_000


def _band(there: list[tuple[int, int]], back: list[tuple[int, int]], offset_ns: int, drift_ppm: int) -> Band:
    """From passages to a clock with that offset, and back: (sent, latency) by the reference's clock."""
    latest = max((at for at, _ in [*there, *back]), default=0)
    grid = Grid.over(-5 * _S, max(70 * _S, latest + 10 * _S))
    reference, band = Band.reference(grid), Band.unknown(grid)
    sent = np.array([at for at, _ in there], np.int64)
    heard = np.array(
        [at + late + _ahead(at + late, offset_ns, drift_ppm) for at, late in there], dtype=np.int64
    )
    _, band = passed(reference, band, grid.least(sent, heard - sent))
    heard = np.array([at + late for at, late in back], np.int64)
    sent = np.array([at + _ahead(at, offset_ns, drift_ppm) for at, _ in back], dtype=np.int64)
    band, _ = passed(band, reference, grid.least(heard, heard - sent))
    return band


@given(passages, passages, st.integers(-(10**15), 10**15), st.integers(-DRIFT_PPM + 1, DRIFT_PPM - 1))
def test_the_band_holds_the_true_offset_at_every_moment(
    there: list[tuple[int, int]], back: list[tuple[int, int]], offset_ns: int, drift_ppm: int
) -> None:
    band = _band(there, back, offset_ns, drift_ppm)
    true = np.array([_ahead(int(at), offset_ns, drift_ppm) for at in band.grid.at_ns], np.int64)
    assert band.bounded
    assert ((band.low <= true) & (true <= band.high)).all()


@given(passages, passages, st.integers(-(10**15), 10**15), st.integers(-DRIFT_PPM + 1, DRIFT_PPM - 1))
def test_a_placed_time_is_as_near_to_the_truth_as_the_error_says(
    there: list[tuple[int, int]], back: list[tuple[int, int]], offset_ns: int, drift_ppm: int
) -> None:
    band = _band(there, back, offset_ns, drift_ppm)
    true = np.array([at for at, _ in [*there, *back]], np.int64)
    own: Ints = np.array([int(at) + _ahead(int(at), offset_ns, drift_ppm) for at in true], np.int64)
    assert np.abs(band.on_reference(own) - true).max() <= band.error_ns


@settings(max_examples=30)
@given(soaking, soaking, st.integers(-(10**15), 10**15), st.integers(-DRIFT_PPM + 1, DRIFT_PPM - 1))
def test_the_same_holds_of_a_run_of_many_hours_whose_steps_are_wider(
    there: list[tuple[int, int]], back: list[tuple[int, int]], offset_ns: int, drift_ppm: int
) -> None:
    band = _band(there, back, offset_ns, drift_ppm)
    true = np.array([at for at, _ in [*there, *back]], np.int64)
    own: Ints = np.array([int(at) + _ahead(int(at), offset_ns, drift_ppm) for at in true], np.int64)
    assert band.bounded
    assert not band.empty
    assert np.abs(band.on_reference(own) - true).max() <= band.error_ns


@pytest.mark.parametrize(
    ("span_s", "added_ms"), [(600, 0.05), (10 * 3600, 0.55), (24 * 3600, 1.35), (60 * 365 * 86400, None)]
)
def test_a_run_of_days_takes_as_much_memory_as_one_of_an_hour(span_s: int, added_ms: float | None) -> None:
    grid = Grid.over(0, span_s * _S)
    assert grid.cells <= (1 << 15) + 4
    assert grid.at_ns[0] < 0
    assert grid.at_ns[-1] > span_s * _S
    assert added_ms is None or grid.step_drift_ns <= added_ms * _MS


@given(passages, passages, st.lists(moments, min_size=2, max_size=20, unique=True).map(sorted))
def test_placing_keeps_times_in_order(
    there: list[tuple[int, int]], back: list[tuple[int, int]], at_ns: list[int]
) -> None:
    placed = _band(there, back, 7 * _S, 300).on_reference(np.array(at_ns, np.int64) + 7 * _S)
    assert all(earlier <= later for earlier, later in pairwise(placed.tolist()))


def test_quick_passages_both_ways_leave_little_doubt() -> None:
    seconds = [(at * _S, _MS) for at in range(60)]
    band = _band(seconds, seconds, 1000 * _S, 20)
    assert band.error_ns < 8 * _MS


@pytest.mark.parametrize("way", ["there", "back"])
def test_passages_one_way_only_leave_it_open(way: str) -> None:
    seconds = [(at * _S, _MS) for at in range(60)]
    band = _band(seconds if way == "there" else [], seconds if way == "back" else [], 5 * _S, 0)
    assert not band.bounded


def test_bounds_that_contradict_each_other_leave_nothing() -> None:
    impossible = [(at * _S, -20 * _MS) for at in range(60)]
    assert _band(impossible, impossible, 0, 0).empty


def test_two_clocks_that_speak_with_each_other_tighten_what_the_reference_knows() -> None:
    grid = Grid.over(0, _S)
    wide = np.full(grid.cells, 100 * _MS, np.int64)
    near = np.full(grid.cells, _MS, np.int64)
    known = Band.reference(grid)
    other = Band.unknown(grid).within(-wide, wide)
    other, known = passed(other, known, near)
    known, other = passed(known, other, near)
    assert other.error_ns < 2 * _MS
