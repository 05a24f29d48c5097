from __future__ import annotations

import errno
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from conformance.harness import handshake, tcp
from conformance.harness.deadline import Deadline
from conformance.harness.errors import (
    HandshakeBroken,
    HandshakeRefused,
    HarnessError,
    TlsFailure,
    Unreachable,
)
from conformance.harness.handshake import Dialer, Endpoint, Opened

from .broadcast_server import BroadcastServer
from .certificates import Certificates, certificates
from .scripted_peer import ScriptedPeer

WAIT_S = 10.0


@contextmanager
def opened(endpoint: Endpoint, tls: ssl.SSLContext | None = None) -> Iterator[Opened]:
    connection = Dialer(endpoint, tls).open(Deadline(WAIT_S))
    try:
        yield connection
    finally:
        connection.transport.close()


def refuse_to_open(endpoint: Endpoint, tls: ssl.SSLContext | None = None, seconds: float = WAIT_S) -> None:
    """Open what must not open; closes it if it does, so that the test fails for that reason alone."""
    Dialer(endpoint, tls).open(Deadline(seconds)).transport.close()


def test_an_open_connection_knows_its_status_and_source_port() -> None:
    with BroadcastServer() as server, opened(Endpoint(server.url)) as connection:
        assert connection.status == 101
        assert connection.source_port > 0
        assert connection.headers["upgrade"] == "websocket"


def test_headers_and_query_of_the_endpoint_are_sent() -> None:
    with BroadcastServer() as server:
        endpoint = Endpoint(server.url, {"X-Api-Key": "k1"}, {"token": "a b&c", "room": "1"})
        with opened(endpoint):
            (request,) = server.requests
    assert request.path == "/prod?token=a%20b%26c&room=1"
    assert request.headers["X-Api-Key"] == "k1"
    assert request.headers["User-Agent"] == "churnproof"
    assert "Origin" not in request.headers


def test_a_query_of_the_url_is_kept() -> None:
    assert Endpoint("ws://h/s?a=1", query={"b": "2"}).request_url == "ws://h/s?a=1&b=2"


def test_the_endpoints_own_host_and_user_agent_win() -> None:
    with ScriptedPeer() as peer, opened(Endpoint(peer.url, {"host": "a.example", "user-agent": "me"})):
        pass
    lines = peer.request.decode().lower().split("\r\n")
    assert [line for line in lines if line.startswith(("host:", "user-agent:"))] == [
        "host: a.example",
        "user-agent: me",
    ]


def test_what_the_server_sends_right_behind_its_answer_is_kept() -> None:
    with ScriptedPeer(behind=b"\x81\x02hi") as peer, opened(Endpoint(peer.url)) as connection:
        assert connection.leftover == b"\x81\x02hi"


def test_a_subprotocol_is_negotiated() -> None:
    with (
        ScriptedPeer(subprotocols=["chat"]) as peer,
        opened(Endpoint(peer.url, subprotocols=("other", "chat"))) as connection,
    ):
        assert connection.subprotocol == "chat"


def test_a_server_that_selects_no_subprotocol_is_named_as_the_cause() -> None:
    with ScriptedPeer() as peer, pytest.raises(HandshakeBroken, match=r"subprotocols offered \(chat\)"):
        refuse_to_open(Endpoint(peer.url, subprotocols=("chat",)))


@pytest.mark.parametrize("status", [301, 400, 401, 403, 429, 500, 502])
def test_any_status_but_101_is_a_refusal(status: int) -> None:
    with BroadcastServer(refuse=(status, "because")) as server, pytest.raises(HandshakeRefused) as caught:
        refuse_to_open(Endpoint(server.url))
    assert caught.value.status == status
    assert caught.value.outcome == "failed"
    if status != 301:
        assert caught.value.body == "because"


def test_a_body_without_a_length_is_read_as_far_as_it_came() -> None:
    with (
        ScriptedPeer(answer=b"HTTP/1.1 403 Forbidden\r\n\r\nForbidden") as peer,
        pytest.raises(HandshakeRefused) as caught,
    ):
        refuse_to_open(Endpoint(peer.url))
    assert caught.value.body == "Forbidden"


def test_an_answer_that_is_no_http_breaks_the_handshake() -> None:
    with (
        ScriptedPeer(answer=b"SSH-2.0-OpenSSH_9.6\r\n\r\n") as peer,
        pytest.raises(HandshakeBroken, match="not valid"),
    ):
        refuse_to_open(Endpoint(peer.url))


def test_a_connection_closed_in_the_middle_breaks_the_handshake() -> None:
    with ScriptedPeer(answer=b"HTTP/1.1 101 Switch") as peer:
        closer = threading.Thread(target=lambda: peer.hang_up())
        closer.start()
        with pytest.raises(HandshakeBroken, match="closed the connection after 19 bytes") as caught:
            refuse_to_open(Endpoint(peer.url))
        closer.join()
    assert caught.value.outcome == "unknown"


def test_a_server_that_does_not_answer_breaks_the_handshake_in_time() -> None:
    with ScriptedPeer(answer=b"") as peer, pytest.raises(HandshakeBroken, match="within the time allowed"):
        refuse_to_open(Endpoint(peer.url), seconds=0.1)


def test_a_port_where_nothing_listens_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable, match=f"127.0.0.1:{port}: connection refused"):
        refuse_to_open(Endpoint(f"ws://127.0.0.1:{port}/"))


def test_a_limit_of_this_process_is_no_failure_of_the_target(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(tcp.Place, "connect", fail)
    with pytest.raises(HarnessError, match="ulimit -n"):
        refuse_to_open(Endpoint("ws://127.0.0.1:9/prod"))


def test_an_answer_that_comes_byte_by_byte_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake, "_CHUNK", 1)
    with BroadcastServer() as server, opened(Endpoint(server.url)) as connection:
        assert connection.status == 101
        assert connection.leftover == b""


def test_a_name_that_does_not_resolve_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(Unreachable, match="does not resolve"):
        refuse_to_open(Endpoint("ws://nowhere.invalid/prod"))


def test_a_trusted_certificate_opens_a_tls_connection() -> None:
    issued = certificates()
    with (
        BroadcastServer(tls=issued.server) as server,
        opened(Endpoint(server.url), issued.client) as connection,
    ):
        assert connection.status == 101


@pytest.mark.parametrize(
    ("name", "expired", "trusting", "words"),
    [
        ("localhost", False, False, "unable to get local issuer certificate.*SSL_CERT_FILE"),
        ("localhost", True, True, r"certificate has expired\)$"),
        ("elsewhere.example", False, True, "Hostname mismatch"),
    ],
)
def test_a_certificate_that_is_not_accepted_says_why(
    name: str, expired: bool, trusting: bool, words: str
) -> None:
    issued: Certificates = certificates(name, expired=expired)
    context = issued.client if trusting else ssl.create_default_context()
    with ScriptedPeer(tls=issued.server) as peer, pytest.raises(TlsFailure, match=words):
        refuse_to_open(Endpoint(peer.url), context)


def test_tls_to_a_server_without_it_suggests_ws() -> None:
    with ScriptedPeer(answer=b"HTTP/1.1 400 Bad Request\r\n\r\n", unasked=True) as peer:
        url = peer.url.replace("ws://", "wss://")
        with pytest.raises(TlsFailure, match="ws://"):
            refuse_to_open(Endpoint(url))
