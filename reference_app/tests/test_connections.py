from __future__ import annotations

from reference_app.gateway.websocket_api import close_causes
from reference_app.gateway.websocket_api.connections import Connection, ConnectionRegistry
from reference_app.gateway.websocket_api.proxy_event import ConnectionFacts
from reference_app.tests.running_gateway import Nobody, api

API, OTHER_API = api(), api()


def connection(connection_id: str = "id") -> Connection:
    facts = ConnectionFacts(connection_id, "a", "d", "prod", {}, "127.0.0.1", None, 5000)
    return Connection(API, facts, Nobody(), now=10.0)


def test_a_connection_is_found_once_it_is_open() -> None:
    """RC-1."""
    registry, pending = ConnectionRegistry(), connection()
    registry.add(pending)
    assert registry.find_open("id", API) is None
    pending.state.accept()
    assert registry.find_open("id", API) is pending


def test_a_connection_of_another_api_is_not_found() -> None:
    """Q-25."""
    registry, foreign = ConnectionRegistry(), connection()
    registry.add(foreign)
    foreign.state.accept()
    assert registry.find_open("id", OTHER_API) is None


def test_a_connection_that_has_ended_is_not_found() -> None:
    """MG-13."""
    registry, ended = ConnectionRegistry(), connection()
    registry.add(ended)
    ended.state.accept()
    ended.state.end(close_causes.idle())
    assert registry.find_open("id", API) is None


def test_removing_a_connection_twice_is_harmless() -> None:
    registry, one = ConnectionRegistry(), connection()
    registry.add(one)
    one.state.accept()
    for _ in range(2):
        registry.remove(one)
    assert registry.find_open("id", API) is None


def test_the_last_activity_is_told_in_wall_time() -> None:
    """MG-11."""
    active = connection()
    active.last_active = 12.5
    assert active.last_active_at_ms == 7500
