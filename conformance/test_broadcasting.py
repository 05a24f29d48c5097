"""BCAST: Everybody hears, once, byte for byte, in time.

Each test judges one clause; the sentences are in `clauses.toml`, the judging in `checkers`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.mark.clause("BCAST-01")
def test_bcast_01_everybody_hears(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("BCAST-02")
def test_bcast_02_at_most_once(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("BCAST-03")
def test_bcast_03_the_sender_hears_itself_or_not(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("BCAST-04")
def test_bcast_04_byte_for_byte(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("BCAST-05")
def test_bcast_05_any_unicode(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("BCAST-06")
def test_bcast_06_text_is_text(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("BCAST-07")
def test_bcast_07_in_time(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("BCAST-08")
def test_bcast_08_several_at_once(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("BCAST-09")
def test_bcast_09_large_payloads(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("BCAST-10")
def test_bcast_10_order_per_sender(judge: Callable[[], None]) -> None:
    judge()
