"""FAULT: A failure for one client costs no one else anything, and leaves no lasting damage.

Each test judges one clause; the sentences are in `clauses.toml`, the judging in `checkers`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.mark.clause("FAULT-01")
def test_fault_01_a_failing_post_costs_nobody_else_the_broadcast(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("FAULT-02")
def test_fault_02_an_error_other_than_410_costs_nobody_the_future(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("FAULT-03")
def test_fault_03_a_throttled_post_is_tried_again_or_told(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("FAULT-04")
def test_fault_04_an_ambiguous_failure_is_not_repeated(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("FAULT-05")
def test_fault_05_a_broadcast_does_not_start_over(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("FAULT-06")
def test_fault_06_a_hanging_post_holds_up_nobody_else(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("FAULT-07")
def test_fault_07_a_failure_for_everybody_shows(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("FAULT-08")
def test_fault_08_posts_of_a_broadcast_overlap(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("FAULT-09")
def test_fault_09_who_is_gone_is_left_alone(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("FAULT-10")
def test_fault_10_a_410_costs_nobody_else_anything(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("FAULT-20")
def test_fault_20_who_was_pending_hears(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("FAULT-21")
def test_fault_21_nothing_is_posted_to_who_is_connecting(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("FAULT-22")
def test_fault_22_rows_go_without_disconnect(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("FAULT-23")
def test_fault_23_disconnect_may_come_late_and_twice(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("FAULT-24")
def test_fault_24_every_small_page_is_read(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("FAULT-25")
def test_fault_25_an_unwritten_row_is_no_secret(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("FAULT-26")
def test_fault_26_an_unread_audience_is_told(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("FAULT-27")
def test_fault_27_a_lagging_read_hides_nobody(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("FAULT-28")
def test_fault_28_the_refused_are_forgotten(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("FAULT-29")
def test_fault_29_a_new_environment_costs_nobody_anything(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("FAULT-30")
def test_fault_30_the_silent_are_forgotten_in_time(judge: Callable[[], None]) -> None:
    judge()
