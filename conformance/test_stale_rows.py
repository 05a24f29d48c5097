"""STALE: Rows of connections that are gone hurt nobody, and go.

Each test judges one clause; the sentences are in `clauses.toml`, the judging in `checkers`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.mark.clause("STALE-01")
def test_stale_01_a_stale_row_disturbs_nobody(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("STALE-02")
def test_stale_02_a_stale_row_is_removed(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("STALE-03")
def test_stale_03_no_live_row_is_removed(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("STALE-04")
def test_stale_04_many_stale_rows_delay_nobody(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("STALE-05")
def test_stale_05_a_malformed_row_disturbs_nobody(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("STALE-06")
def test_stale_06_every_page_is_read(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("STALE-07")
def test_stale_07_nobody_is_blamed_for_a_stale_row(judge: Callable[[], None]) -> None:
    judge()
