"""ROUTE: What the selection expression does with good and bad messages, and whom a bad one hurts.

Each test judges one clause; the sentences are in `clauses.toml`, the judging in `checkers`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.mark.clause("ROUTE-01")
def test_route_01_the_message_reaches_its_route(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("ROUTE-02")
def test_route_02_an_unknown_action_leaves_its_sender_usable(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("ROUTE-03")
def test_route_03_an_unknown_action_disturbs_nobody(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("ROUTE-04")
def test_route_04_a_missing_action_leaves_its_sender_usable(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("ROUTE-05")
def test_route_05_a_missing_action_disturbs_nobody(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("ROUTE-06")
def test_route_06_no_json_leaves_its_sender_usable(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("ROUTE-07")
def test_route_07_no_json_disturbs_nobody(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("ROUTE-08")
def test_route_08_json_that_is_no_object_hurts_nobody(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("ROUTE-09")
def test_route_09_an_unknown_action_is_answered_as_the_contract_says(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("ROUTE-10")
def test_route_10_a_missing_payload_disturbs_nobody(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("ROUTE-11")
def test_route_11_a_missing_payload_leaves_its_sender_usable(judge: Callable[[], None]) -> None:
    judge()


@pytest.mark.clause("ROUTE-12")
def test_route_12_an_odd_payload_leaves_everybody_usable(judge: Callable[[], None]) -> None:
    judge()
