"""LEAK: Nothing internal reaches a client.

Each test judges one clause; the sentences are in `clauses.toml`, the judging in `checkers`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.mark.clause("LEAK-01")
def test_leak_01_nothing_internal(judge: Callable[[], None]) -> None:
    judge()
