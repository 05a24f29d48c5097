from __future__ import annotations

import socket
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from reference_app.chat.chatapp.kept_connections import ANSWER_TIMEOUT_S, IDLE_LIMIT_S, KeptConnections

if TYPE_CHECKING:
    from collections.abc import Iterator


class Peer:
    """A server that takes connections, and a clock that the test moves."""

    def __init__(self, server: socket.socket) -> None:
        self.server = server
        self.now = 0.0
        self.kept = KeptConnections("127.0.0.1", server.getsockname()[1], None, lambda: self.now)

    def accept(self) -> socket.socket:
        return self.server.accept()[0]


@pytest.fixture
def peer() -> Iterator[Peer]:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield Peer(server)


def test_a_connection_given_back_is_taken_again(peer: Peer) -> None:
    with peer.kept.take() as first, peer.accept():
        peer.kept.give_back(first)
        assert peer.kept.take() is first


def test_the_connection_used_last_is_taken_first(peer: Peer) -> None:
    with peer.kept.take() as first, peer.kept.take() as second, peer.accept(), peer.accept():
        peer.kept.give_back(first)
        peer.kept.give_back(second)
        assert peer.kept.take() is second


def test_a_connection_that_the_other_side_has_ended_is_replaced(peer: Peer) -> None:
    first = peer.kept.take()
    peer.accept().close()
    assert first.recv(1, socket.MSG_PEEK) == b""
    peer.kept.give_back(first)
    with peer.kept.take() as second:
        assert second is not first
        assert first.fileno() == -1


def test_a_connection_that_was_idle_for_long_is_replaced(peer: Peer) -> None:
    """RC-20: what has happened to it meanwhile may not have been heard."""
    first = peer.kept.take()
    peer.kept.give_back(first)
    peer.now = IDLE_LIMIT_S
    with peer.kept.take() as second:
        assert second is not first
        assert first.fileno() == -1


def test_an_answer_is_waited_for_longer_than_a_connection(peer: Peer) -> None:
    with peer.kept.take() as connection:
        assert connection.gettimeout() == ANSWER_TIMEOUT_S


def test_nobody_there_is_an_os_error() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    with pytest.raises(OSError, match="refused"):
        KeptConnections("127.0.0.1", port, None).take()
