from __future__ import annotations

import pytest

from reference_app.gateway.websocket_api.close_causes import Ending
from reference_app.gateway.websocket_api.connection_state import ConnectionState, State

FIRST, SECOND = Ending(1000, "first", None), Ending(1006, "second", None)


@pytest.fixture
def state() -> ConnectionState:
    return ConnectionState()


def test_a_connection_opens_when_connect_accepts(state: ConnectionState) -> None:
    assert state.accept()
    assert state.state is State.OPEN


def test_only_the_first_end_of_an_open_connection_counts(state: ConnectionState) -> None:
    """What makes `$disconnect` run exactly once."""
    state.accept()
    assert [state.end(FIRST), state.end(SECOND)] == [True, False]
    assert state.state is State.CLOSED


def test_a_client_that_leaves_during_connect_is_not_let_in(state: ConnectionState) -> None:
    """RC-11."""
    assert not state.end(FIRST)
    assert not state.end(SECOND)
    assert state.state is State.CONNECTING
    assert not state.accept()
    assert (state.state, state.abandoned) == (State.CLOSED, FIRST)


def test_a_refused_connection_has_no_end_to_report(state: ConnectionState) -> None:
    """DC-7."""
    state.refuse()
    assert not state.end(FIRST)
    assert state.state is State.CLOSED
