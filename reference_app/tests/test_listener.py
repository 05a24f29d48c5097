from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from reference_app.gateway.websocket_api import listener
from reference_app.gateway.websocket_api.listener import Listener
from reference_app.tests.running_gateway import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Iterator


class Greeter(asyncio.Protocol):
    """Answers the first bytes with what they were, and ends."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(b"got " + data)
        self._transport.close()


class Port:
    """A listener on a loop of its own."""

    def __init__(self, protocol: type[Greeter], tls: ssl.SSLContext | None) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.number = self._run(self._listen(protocol, tls))

    async def _listen(self, protocol: type[Greeter], tls: ssl.SSLContext | None) -> int:
        self.listener = Listener(protocol, tls)
        return self.listener.listen("127.0.0.1", 0)

    def close(self) -> None:
        self._run(self.listener.close(PATIENCE_S))

    def end(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(PATIENCE_S)
        self.loop.close()

    @contextmanager
    def client(self) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.number), PATIENCE_S) as client:
            yield client

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE_S)


@contextmanager
def listening(tls: ssl.SSLContext | None = None, protocol: type[Greeter] = Greeter) -> Iterator[Port]:
    port = Port(protocol, tls)
    try:
        yield port
    finally:
        port.close()
        port.end()


def test_the_first_byte_is_not_lost() -> None:
    with listening() as port, port.client() as client:
        client.sendall(b"hello")
        assert client.recv(100) == b"got hello"


def test_a_frame_does_not_wait_for_the_client_to_acknowledge_the_one_before() -> None:
    class Confessor(Greeter):
        def data_received(self, data: bytes) -> None:
            accepted = self._transport.get_extra_info("socket")
            waits = not accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            super().data_received(data + b": %d" % waits)

    with listening(protocol=Confessor) as port, port.client() as client:
        client.sendall(b"waits")
        assert client.recv(100) == b"got waits: 0"


def test_a_client_hello_is_answered_with_tls() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    trust = ssl.create_default_context(cadata=authority.cert_pem.bytes().decode())
    with (
        listening(context) as port,
        port.client() as client,
        trust.wrap_socket(client, server_hostname="localhost") as secure,
    ):
        secure.sendall(b"hello")
        assert secure.recv(100) == b"got hello"


def test_a_broken_client_hello_ends_that_client_only() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with listening(context) as port:
        with port.client() as broken:
            broken.sendall(b"\x16 this is no TLS record")
            while broken.recv(100):
                pass
        with port.client() as plain:
            plain.sendall(b"hello")
            assert plain.recv(100) == b"got hello"


def test_a_client_that_leaves_without_a_word_is_forgotten() -> None:
    with listening() as port:
        with port.client():
            pass
        with port.client() as client:
            client.sendall(b"hello")
            assert client.recv(100) == b"got hello"


def test_a_client_that_stays_silent_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "FIRST_BYTE_TIMEOUT_S", 0.0)
    with listening() as port, port.client() as client:
        assert client.recv(1) == b""


def test_closing_cuts_silent_clients_off_and_frees_the_port() -> None:
    with listening() as port, port.client() as client:
        port.close()
        with pytest.raises(ConnectionRefusedError), port.client():
            pass
        assert client.recv(1) == b""


def test_closing_twice_is_harmless() -> None:
    with listening() as port:
        port.close()
        port.close()


class Scarce:
    """A listening socket of a process that has no file left for a moment."""

    def __init__(self, real: socket.socket) -> None:
        self._real = real
        self.refusals = 1

    def accept(self) -> Any:
        if self.refusals:
            self.refusals -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return self._real.accept()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def test_without_files_accepting_pauses_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    create_server = socket.create_server
    monkeypatch.setattr(
        socket, "create_server", lambda *args, **options: Scarce(create_server(*args, **options))
    )
    with listening() as port, port.client() as client:
        client.sendall(b"hello")
        assert client.recv(100) == b"got hello"
    assert "Too many open files" in caplog.text


def has_ipv6_loopback() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not has_ipv6_loopback(), reason="this machine has no IPv6 loopback")
def test_an_ipv6_address_can_be_listened_on() -> None:
    async def run() -> int:
        here = Listener(Greeter, None)
        try:
            return here.listen("::1", 0)
        finally:
            await here.close(PATIENCE_S)

    assert asyncio.run(run()) > 0
