from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from conformance.harness.deadline import Deadline
from conformance.harness.errors import ConnectionLost, SendStalled
from conformance.harness.transport import PlainTransport, TlsTransport, wait_readable

from .certificates import certificates

WAIT_S = 10.0


@contextmanager
def linked(kind: str) -> Iterator[tuple[PlainTransport, socket.socket]]:
    """A transport and the socket of its peer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connected = socket.create_connection(listener.getsockname()[:2])
        peer, _ = listener.accept()
    peer.settimeout(WAIT_S)
    if kind == "plain":
        transport = PlainTransport(connected)
    else:
        transport, peer = _secured(connected, peer)
    try:
        yield transport, peer
    finally:
        transport.close()
        peer.close()


def _secured(connected: socket.socket, peer: socket.socket) -> tuple[TlsTransport, ssl.SSLSocket]:
    issued = certificates()
    server_side: list[ssl.SSLSocket] = []
    accept = threading.Thread(
        target=lambda: server_side.append(issued.server.wrap_socket(peer, server_side=True))
    )
    accept.start()
    transport = TlsTransport(connected, issued.client, "localhost")
    transport.shake_hands(Deadline(WAIT_S))
    accept.join()
    return transport, server_side[0]


def read(transport: PlainTransport, count: int) -> bytes:
    """Exactly so many bytes."""
    data, deadline = b"", Deadline(WAIT_S)
    while len(data) < count and not deadline.expired():
        try:
            received = transport.read(1 << 16)
        except BlockingIOError:
            wait_readable(transport.fileno(), deadline)
            continue
        assert received, f"the stream ended after {len(data)} of {count} bytes"
        data += received
    return data


@pytest.fixture(params=["plain", "tls"])
def link(request: pytest.FixtureRequest) -> Iterator[tuple[PlainTransport, socket.socket]]:
    with linked(request.param) as pair:
        yield pair


def test_bytes_go_both_ways(link: tuple[PlainTransport, socket.socket]) -> None:
    transport, peer = link
    transport.send(b"ping", Deadline(WAIT_S))
    assert peer.recv(100) == b"ping"
    peer.sendall(b"pong")
    assert read(transport, 4) == b"pong"


def test_reading_never_waits(link: tuple[PlainTransport, socket.socket]) -> None:
    with pytest.raises(BlockingIOError):
        link[0].read(10)


def test_reading_little_at_a_time_loses_nothing(link: tuple[PlainTransport, socket.socket]) -> None:
    transport, peer = link
    peer.sendall(b"0123456789" * 1000)
    data = b""
    wait_readable(transport.fileno(), Deadline(WAIT_S))
    while len(data) < 10_000:
        try:
            piece = transport.read(7)
        except BlockingIOError:
            wait_readable(transport.fileno(), Deadline(WAIT_S))
            continue
        data += piece
    assert data == b"0123456789" * 1000


def test_more_than_the_kernel_takes_at_once_arrives_whole(link: tuple[PlainTransport, socket.socket]) -> None:
    transport, peer = link
    data = bytes(range(256)) * (1 << 14)
    received = bytearray()

    def drain() -> None:
        while len(received) < len(data):
            received.extend(peer.recv(1 << 20))

    reader = threading.Thread(target=drain)
    reader.start()
    transport.send(data, Deadline(WAIT_S))
    reader.join()
    assert received == data


def test_messages_of_two_threads_are_not_mixed(link: tuple[PlainTransport, socket.socket]) -> None:
    transport, peer = link
    block = 1 << 18
    writers = [
        threading.Thread(target=transport.send, args=(letter * block, Deadline(WAIT_S)))
        for letter in (b"a", b"b", b"c")
    ]
    for writer in writers:
        writer.start()
    received = bytearray()
    while len(received) < 3 * block:
        received.extend(peer.recv(1 << 20))
    for writer in writers:
        writer.join()
    blocks = [bytes(received[start : start + block]) for start in range(0, 3 * block, block)]
    assert sorted(blocks) == [b"a" * block, b"b" * block, b"c" * block]


def test_a_peer_that_takes_nothing_stalls_the_sender(link: tuple[PlainTransport, socket.socket]) -> None:
    with pytest.raises(SendStalled) as caught:
        link[0].send(bytes(1 << 26), Deadline(0.05))
    assert caught.value.unsent > 0


def test_what_could_not_be_sent_at_once_goes_before_the_next(
    link: tuple[PlainTransport, socket.socket],
) -> None:
    transport, peer = link
    transport.send_soon(b"x" * (1 << 23))
    received = bytearray()

    def drain() -> None:
        while not received.endswith(b"end"):
            received.extend(peer.recv(1 << 20))

    reader = threading.Thread(target=drain)
    reader.start()
    transport.send(b"end", Deadline(WAIT_S))
    reader.join()
    assert received == b"x" * (1 << 23) + b"end"


def test_the_end_of_the_stream_reads_as_nothing() -> None:
    with linked("plain") as (transport, peer):
        peer.close()
        wait_readable(transport.fileno(), Deadline(WAIT_S))
        assert transport.read(10) == b""


def test_a_tls_session_ended_by_the_peer_reads_as_nothing() -> None:
    with linked("tls") as (transport, peer):
        assert isinstance(peer, ssl.SSLSocket)
        peer.settimeout(0.01)
        with pytest.raises(TimeoutError):
            peer.unwrap()  # sends close_notify, and waits for ours
        assert _read_once(transport) == b""


def test_a_peer_that_breaks_tls_is_told_so() -> None:
    with linked("tls") as (transport, peer):
        socket.socket.send(peer, b"this is no TLS record, and long enough to be read as one")
        with pytest.raises(ssl.SSLError):
            _read_once(transport)
        assert socket.socket.recv(peer, 100)  # the alert, encrypted: nothing else was ever sent


def test_closing_ends_the_tls_session_properly() -> None:
    with linked("tls") as (transport, peer):
        transport.close()
        assert peer.recv(1) == b""  # without close_notify this raises SSLEOFError


def _read_once(transport: PlainTransport) -> bytes:
    while True:
        try:
            return transport.read(10)
        except BlockingIOError:  # session tickets come first
            wait_readable(transport.fileno(), Deadline(WAIT_S))


def test_closing_with_reset_sends_rst(link: tuple[PlainTransport, socket.socket]) -> None:
    transport, peer = link
    transport.close(reset=True)
    with pytest.raises(ConnectionResetError):
        socket.socket.recv(peer, 1)  # below TLS, which hides how the stream ended


def test_sending_on_a_closed_transport_certainly_sends_nothing(
    link: tuple[PlainTransport, socket.socket],
) -> None:
    link[0].close()
    link[0].close()
    with pytest.raises(ConnectionLost) as caught:
        link[0].send(b"x", Deadline(WAIT_S))
    assert caught.value.outcome == "failed"
    assert link[0].fileno() == -1


def test_closing_ends_a_sender_that_waits(link: tuple[PlainTransport, socket.socket]) -> None:
    failures: list[Exception] = []

    def send() -> None:
        try:
            link[0].send(bytes(1 << 26), Deadline(WAIT_S))
        except ConnectionLost as failure:
            failures.append(failure)

    sender = threading.Thread(target=send)
    sender.start()
    sender.join(0.05)  # it stalls, since nobody reads
    link[0].close()
    sender.join()
    assert len(failures) == 1


def test_a_tls_transport_that_was_closed_sends_nothing_and_closes_once() -> None:
    with linked("tls") as (transport, _):
        transport.close()
        transport.close()
        with pytest.raises(ConnectionLost):
            transport.send_soon(b"x")


def test_a_server_that_never_answers_does_not_hold_up_tls() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connected = socket.create_connection(listener.getsockname()[:2])
        transport = TlsTransport(connected, certificates().client, "localhost")
        with pytest.raises(TimeoutError):
            transport.shake_hands(Deadline(0.05))
        transport.close()


def test_what_waits_for_an_answer_is_woken_by_it_or_by_the_deadline_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits_ms: list[float] = []

    class Poll:
        def register(self, descriptor: int, event: int) -> None: ...

        def poll(self, wait_ms: float) -> None:
            waits_ms.append(wait_ms)

    monkeypatch.setattr("conformance.harness.transport.select.poll", Poll)
    wait_readable(0, Deadline(30.0))
    assert len(waits_ms) == 1
    assert waits_ms[0] > 20_000
