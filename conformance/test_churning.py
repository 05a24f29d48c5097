"""CHURN: All of it again while connections come and go, and what damage lasts.

Each test judges one clause; the sentences are in `clauses.toml`, the judging in `checkers`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.mark.clause("CHURN-01")
def test_churn_01_who_stays_hears_everything(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("CHURN-02")
def test_churn_02_at_most_once_under_churn(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("CHURN-03")
def test_churn_03_byte_for_byte_under_churn(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("CHURN-04")
def test_churn_04_who_joined_is_not_deaf(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("CHURN-05")
def test_churn_05_no_row_is_left(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("CHURN-06")
def test_churn_06_every_live_row_is_there(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("CHURN-07")
def test_churn_07_who_came_at_once_is_not_deaf(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("CHURN-08")
def test_churn_08_who_joined_hears_everything(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("CHURN-09")
def test_churn_09_everybody_is_let_in_under_churn(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("CHURN-10")
def test_churn_10_nobody_who_stays_is_closed(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("CHURN-11")
def test_churn_11_nobody_is_blamed_for_churn(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("CHURN-12")
def test_churn_12_any_interleaving(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("CHURN-13")
def test_churn_13_in_time_under_churn(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("CHURN-14")
def test_churn_14_nobody_hears_what_was_over(judge: Callable[[], None]) -> None:
    judge()
