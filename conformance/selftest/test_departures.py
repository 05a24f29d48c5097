"""Whose departure is watched, and when nothing can be said of rows that are left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from conformance.harness.client import Client
from conformance.harness.management import Management, Status
from conformance.workloads import session as session_module
from conformance.workloads.session import Session

from .controlled_session import controlled_session


class _Gateway:
    """Takes a connection for open as often as it is told to, and then knows better."""

    def __init__(self, unaware: dict[str, int]) -> None:
        self._unaware = unaware

    def status(self, connection_id: str) -> Status:
        self._unaware[connection_id] = self._unaware.get(connection_id, 0) - 1
        return "open" if self._unaware[connection_id] >= 0 else "gone"


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setattr(session_module, "_NOTICED_S", 0.3)
    with controlled_session(tmp_path) as controlled:
        yield controlled.session


@pytest.fixture
def clients(session: Session) -> list[Client]:
    """The id of the second one is not known."""
    found = session.connect("leaver/abort", 3)
    found[0].connection_id, found[2].connection_id = "x", "z"
    return found


def _management(unaware: dict[str, int]) -> Management:
    return cast("Management", _Gateway(unaware))


def test_who_is_still_open_to_the_gateway_is_not_watched(session: Session, clients: list[Client]) -> None:
    session.management = _management({"x": 2, "z": 1_000_000})
    assert session.noticed(clients) == clients[:2]


def test_without_the_gateway_or_an_id_nobody_can_be_asked_about(
    session: Session, clients: list[Client]
) -> None:
    assert session.management is None
    assert session.noticed(clients) == clients
    session.management = _management({})
    assert session.noticed(clients) == clients


def test_rows_that_are_left_can_be_told_by_the_gateway_or_by_the_ids_of_all_who_are_there(
    session: Session, clients: list[Client]
) -> None:
    assert session.can_tell_left_over([clients[0], clients[2]])
    assert not session.can_tell_left_over(clients)
    assert session.left_over(frozenset(), clients) == []
    session.management = _management({})
    assert session.can_tell_left_over(clients)
