from __future__ import annotations

import threading
import time

from conformance.harness.deadline import Deadline, pause_until, wait_for


def test_a_deadline_in_the_future_has_time_left() -> None:
    deadline = Deadline(60)
    assert not deadline.expired()
    assert 0 < deadline.remaining() <= 60


def test_a_deadline_that_has_passed_has_none() -> None:
    deadline = Deadline(-1)
    assert deadline.expired()
    assert deadline.remaining() == 0


def test_waiting_ends_when_the_condition_holds() -> None:
    answers = iter([False, False, True])
    assert wait_for(lambda: next(answers), Deadline(60), poll_s=0)


def test_a_condition_is_asked_even_when_no_time_is_left() -> None:
    assert wait_for(lambda: True, Deadline(-1))


def test_waiting_gives_up_at_the_deadline() -> None:
    assert not wait_for(lambda: False, Deadline(0.01), poll_s=0.001)


def test_a_condition_that_comes_true_at_the_last_moment_counts() -> None:
    answers = iter([False, True])
    assert wait_for(lambda: next(answers), Deadline(-1))


def test_a_pause_lasts_until_its_moment() -> None:
    moment = time.monotonic_ns() + 2_000_000
    assert pause_until(moment, threading.Event())
    assert time.monotonic_ns() >= moment


def test_a_pause_is_cut_short_by_its_event() -> None:
    stop = threading.Event()
    stop.set()
    assert not pause_until(time.monotonic_ns() + 10**12, stop)


def test_a_moment_that_has_passed_needs_no_pause() -> None:
    assert pause_until(0, threading.Event())
