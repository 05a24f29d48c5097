"""DISC: Who goes is forgotten, who stays notices nothing, who comes back is heard.

Each test judges one clause; the sentences are in `clauses.toml`, the judging in `checkers`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.mark.clause("DISC-01")
def test_disc_01_the_row_of_the_closed_goes(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("DISC-02")
def test_disc_02_the_row_of_the_cut_off_goes(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("DISC-03")
def test_disc_03_departures_disturb_nobody(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("DISC-04")
def test_disc_04_the_rows_of_the_others_stay(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("DISC-05")
def test_disc_05_who_comes_back_hears(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("DISC-06")
def test_disc_06_a_parting_word_reaches_all_or_nobody(judge: Callable[[], None]) -> None:
    judge()
