"""FAULT: What goes wrong once, for one, costs nobody else anything, and is over when it is over.

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
