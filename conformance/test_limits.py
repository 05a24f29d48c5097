"""LIMIT: Nothing breaks near a limit, and exceeding one affects only the client that does.

Each test judges one clause; the sentences are in `clauses.toml`, the judging in `checkers`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.mark.clause("LIMIT-01")
def test_limit_01_long_messages_arrive(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("LIMIT-02")
def test_limit_02_too_long_messages_hurt_their_sender_only(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("LIMIT-03")
def test_limit_03_the_row_of_the_oversized_goes(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("LIMIT-04")
def test_limit_04_a_slow_reader_delays_nobody(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("LIMIT-05")
def test_limit_05_who_reads_on_hears_again(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("LIMIT-06")
def test_limit_06_a_crowd_hears(judge: Callable[[], None]) -> None:
    judge()
