"""CONN: A client that asks is accepted, recorded, and receives broadcasts from then on.

Each test judges one clause; the sentences are in `clauses.toml`, the judging in `checkers`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.mark.clause("CONN-01")
def test_conn_01_every_client_gets_a_connection(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("CONN-02")
def test_conn_02_the_row_is_there_after_the_handshake(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("CONN-03")
def test_conn_03_a_newcomer_hears_the_first_broadcast(judge: Callable[[], None]) -> None:
    judge()
