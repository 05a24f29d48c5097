"""Deliveries gathered in batches."""

from __future__ import annotations

import numpy as np

from loadtests._arrivals import Arrivals
from reports.history import DELIVERY, EXACT, FrameReceived

_INTENDED = {1: 100, 2: 200}


def _arrivals(*delivered: tuple[int, int, int]) -> Arrivals:
    arrivals = Arrivals(_INTENDED.get)
    arrivals.deliveries(np.array([(*heard, EXACT) for heard in delivered], DELIVERY))
    return arrivals


def test_latency_is_from_the_intended_time_to_the_receipt() -> None:
    batch = _arrivals((150, 1, 0), (260, 2, 0), (170, 1, 1)).take()
    assert batch is not None
    assert sorted(batch.latency_ns.tolist()) == [50, 60, 70]


def test_copies_are_counted_for_each_message() -> None:
    batch = _arrivals((150, 1, 0), (260, 2, 0), (170, 1, 1)).take()
    assert batch is not None
    assert batch.message.tolist() == [1, 2]
    assert batch.copies.tolist() == [2, 1]


def test_a_message_without_a_known_time_has_no_latency_and_counts() -> None:
    arrivals = _arrivals((150, 9, 0))
    batch = arrivals.take()
    assert batch is not None
    assert batch.latency_ns.tolist() == []
    assert batch.intended_ns.tolist() == [-1]
    assert arrivals.delivered == 1


def test_what_was_taken_does_not_come_again() -> None:
    arrivals = _arrivals((150, 1, 0))
    arrivals.take()
    assert arrivals.take() is None
    assert arrivals.delivered == 1


def test_the_latest_arrival_is_known() -> None:
    arrivals = _arrivals((260, 2, 0), (150, 1, 0))
    arrivals.take()
    assert arrivals.last_ns == 260


def test_only_damaged_copies_count_as_corrupted() -> None:
    arrivals = Arrivals(_INTENDED.get)
    arrivals.frame(FrameReceived(1, 0, 10, "error", None))
    arrivals.frame(FrameReceived(1, 0, 10, "damaged", 1))
    assert arrivals.corrupted == 1
