"""How long messages waited to be read."""

from __future__ import annotations

from conformance.harness.receive_backlog import ReceiveBacklog


def test_the_first_message_of_a_round_has_waited_since_it_came() -> None:
    backlog = ReceiveBacklog()
    backlog.round(began_ns=100, ended_ns=110, first_ns=30)
    assert backlog.take_worst_ns() == 70


def test_the_last_message_of_a_round_has_waited_for_all_others() -> None:
    backlog = ReceiveBacklog()
    backlog.round(began_ns=100, ended_ns=190, first_ns=100)
    assert backlog.take_worst_ns() == 90


def test_the_worst_of_many_rounds_is_told_once() -> None:
    backlog = ReceiveBacklog()
    for first_ns in (95, 20, 90):
        backlog.round(began_ns=100, ended_ns=101, first_ns=first_ns)
    assert (backlog.take_worst_ns(), backlog.take_worst_ns()) == (80, 0)
