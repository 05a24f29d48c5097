"""Connecting, name by name and address by address."""

from __future__ import annotations

import _socket
import errno
import socket
from collections.abc import Iterator

import pytest

from conformance.harness import tcp
from conformance.harness.deadline import Deadline
from conformance.harness.tcp import Place

WAIT_S = 10.0


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[str, int]) -> list[str]:
    """Names resolve to these addresses; returns the list of look-ups to come."""
    looked_up: list[str] = []

    def find(host: str, _port: int, **_options: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", find)
    return looked_up


def port_of_nobody() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


def test_a_connected_socket_does_not_wait_and_sends_at_once(listener: socket.socket) -> None:
    connected = Place("localhost", listener.getsockname()[1]).connect(Deadline(WAIT_S))
    assert connected.gettimeout() == 0.0
    assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    connected.close()


def test_the_next_address_is_tried_where_one_does_not_answer(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = listener.getsockname()[1]
    resolving(monkeypatch, ("127.0.0.1", port_of_nobody()), ("127.0.0.1", port))
    connected = Place("somewhere", 80).connect(Deadline(WAIT_S))
    assert connected.getpeername()[1] == port
    connected.close()


def test_an_address_that_takes_no_packets_does_not_cost_all_the_time(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, really = listener.getsockname()[1], tcp._connect_ex

    def connect(connecting: _socket.socket, address: tuple[str, int]) -> int:
        return really(connecting, address) if address[1] == port else errno.EINPROGRESS

    resolving(monkeypatch, ("127.0.0.1", 1), ("127.0.0.1", port))
    monkeypatch.setattr(tcp, "_connect_ex", connect)
    monkeypatch.setattr(tcp, "_NEXT_ADDRESS_S", 0.05)
    limit = Deadline(WAIT_S)
    connected = Place("somewhere", 80).connect(limit)
    assert connected.getpeername()[1] == port
    assert not limit.expired()
    connected.close()


def test_a_name_is_looked_up_once_for_many_connections(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = resolving(monkeypatch, listener.getsockname()[:2])
    place = Place("somewhere", 80)
    for _ in range(3):
        place.connect(Deadline(WAIT_S)).close()
    assert looked_up == ["somewhere"]
    monkeypatch.setattr(tcp, "_NAME_HOLDS_S", 0.0)
    place._until = 0.0
    for _ in range(2):
        place.connect(Deadline(WAIT_S)).close()
    assert len(looked_up) == 3


def test_connections_take_turns_among_the_addresses(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        ports = [one.getsockname()[1] for one in (listener, other)]
        resolving(monkeypatch, *(("127.0.0.1", port) for port in ports))
        place = Place("somewhere", 80)
        reached = []
        for _ in range(4):
            connected = place.connect(Deadline(WAIT_S))
            reached.append(connected.getpeername()[1])
            connected.close()
    assert reached == ports * 2


def test_a_port_where_nothing_listens_refuses() -> None:
    with pytest.raises(ConnectionRefusedError):
        Place("127.0.0.1", port_of_nobody()).connect(Deadline(WAIT_S))


def test_a_peer_that_never_answers_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "_connect_ex", lambda *_: errno.EINPROGRESS)
    with pytest.raises(TimeoutError):
        Place("127.0.0.1", 80).connect(Deadline(0.02))
