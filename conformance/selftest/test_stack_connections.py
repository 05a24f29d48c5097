from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.harness.control import Control
from conformance.workloads.stack_connections import connect_told, refused_since

from .controlled_session import Controlled, controlled_session


@pytest.fixture
def controlled(tmp_path: Path) -> Iterator[Controlled]:
    with controlled_session(tmp_path) as controlled:
        yield controlled


def _control(controlled: Controlled) -> Control:
    assert controlled.session.control is not None
    return controlled.session.control


def test_each_client_is_told_the_id_of_its_own_port(controlled: Controlled) -> None:
    clients = connect_told(controlled.session, _control(controlled), "told", 3)
    ports = {name: peer.remote_address[1] for name, peer in controlled.server.members().items()}
    assert [client.source_port for client in clients] == [ports[c.connection_id or ""] for c in clients]


def test_who_was_refused_before_is_not_told_again(controlled: Controlled) -> None:
    control = _control(controlled)
    controlled.stack.traced("lifecycle", step="refused", connection_id="early=")
    position = control.position()
    controlled.stack.traced("lifecycle", step="connecting", connection_id="late=")
    controlled.stack.traced("lifecycle", step="refused", connection_id="late=")
    assert refused_since(control, position) == ["late="]
