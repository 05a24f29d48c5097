from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.harness.client import Client
from conformance.harness.deadline import Deadline, wait_for
from conformance.harness.errors import (
    ConnectionLost,
    HandshakeRefused,
    HarnessError,
    SendStalled,
    Unreachable,
)
from conformance.harness.frames import Opcode
from conformance.harness.tcp import Place
from reports.history_reader import Connection

from .broadcast_server import BroadcastServer
from .certificates import certificates
from .loopback_session import WAIT_S, LoopbackSession
from .scripted_peer import ScriptedPeer
from .test_frames import server_frame


@contextmanager
def talking(folder: Path) -> Iterator[tuple[LoopbackSession, Client, ScriptedPeer]]:
    """A client and the server end of its connection."""
    with LoopbackSession(folder) as session, ScriptedPeer() as peer:
        yield session, session.connect(peer.url), peer


def recorded(session: LoopbackSession) -> Connection:
    (connection,) = session.history().connections
    return connection


def test_a_connect_is_recorded_with_status_and_source_port(tmp_path: Path) -> None:
    with talking(tmp_path) as (session, client, _):
        connection = recorded(session)
        assert (connection.connect_outcome, connection.status) == ("ok", 101)
        assert connection.source_port == client.source_port
        assert connection.opened_ns is not None
        assert client.is_open


def test_a_refused_connect_is_recorded_with_its_status(tmp_path: Path) -> None:
    with LoopbackSession(tmp_path) as session, BroadcastServer(refuse=(403, "Forbidden")) as server:
        with pytest.raises(HandshakeRefused):
            session.connect(server.url)
        connection = recorded(session)
        assert (connection.connect_outcome, connection.status) == ("failed", 403)
        assert "Forbidden" in connection.detail


def test_a_connect_to_nobody_is_recorded_as_failed(tmp_path: Path) -> None:
    with ScriptedPeer() as peer:
        url = peer.url
    with LoopbackSession(tmp_path) as session:
        with pytest.raises(Unreachable):
            session.connect(url)
        assert recorded(session).connect_outcome == "failed"


def test_a_connect_that_we_could_not_make_is_recorded_and_raised_as_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(Place, "connect", fail)
    with LoopbackSession(tmp_path) as session:
        with pytest.raises(HarnessError):
            session.connect("ws://127.0.0.1:9/prod")
        assert recorded(session).connect_outcome == "failed"


def test_a_connect_that_breaks_off_may_have_taken_effect(tmp_path: Path) -> None:
    with LoopbackSession(tmp_path) as session, ScriptedPeer(answer=b"nonsense\r\n\r\n") as peer:
        with pytest.raises(Exception, match="broke off"):
            session.connect(peer.url)
        assert recorded(session).connect_outcome == "unknown"


def test_text_goes_out_as_one_masked_frame(tmp_path: Path) -> None:
    with talking(tmp_path) as (_, client, peer):
        client.send("héllo")
        assert peer.message() == "héllo"


def test_a_message_beyond_the_frame_limit_of_api_gateway_is_fragmented(tmp_path: Path) -> None:
    with talking(tmp_path) as (_, client, peer):
        client.send("é" * 50_000)
        first = peer.frame()
        assert (len(first.data), first.fin) == (32 * 1024, False)


def test_fragments_carry_the_whole_message(tmp_path: Path) -> None:
    with talking(tmp_path) as (_, client, peer):
        client.send_fragmented("abcdefghij", 3)
        assert peer.message() == "abcdefghij"


def test_messages_of_many_threads_arrive_whole(tmp_path: Path) -> None:
    texts = [f"{number}:" + "x" * 20_000 for number in range(20)]
    with talking(tmp_path) as (_, client, peer):
        threads = [threading.Thread(target=client.send, args=(text,)) for text in texts]
        for thread in threads:
            thread.start()
        assert sorted(peer.message() for _ in texts) == sorted(texts)
        for thread in threads:
            thread.join()


def test_raw_bytes_go_out_as_they_are(tmp_path: Path) -> None:
    with talking(tmp_path) as (_, client, peer):
        client.send_raw(b"\x00not a frame")
        assert peer.socket.recv(100) == b"\x00not a frame"


def test_a_peer_that_reads_nothing_stalls_the_send(tmp_path: Path) -> None:
    with talking(tmp_path) as (_, client, _), pytest.raises(SendStalled):
        client.send("x" * (1 << 24), timeout_s=0.05)


def test_closing_waits_for_the_close_frame_of_the_peer(tmp_path: Path) -> None:
    with talking(tmp_path) as (session, client, peer):
        closing = threading.Thread(target=client.close, args=(4000, "bye"))
        closing.start()
        frame = peer.frame()
        assert bytes(frame.data) == (4000).to_bytes(2, "big") + b"bye"
        assert not client.is_open
        assert not client.is_gone
        peer.send(server_frame(Opcode.CLOSE, bytes(frame.data)))
        closing.join()
        assert client.is_gone
        connection = recorded(session)
        assert (connection.how, connection.code, connection.reason) == ("close", 4000, "bye")
        assert peer.ends() == "FIN"


def test_closing_gives_up_on_a_peer_that_does_not_answer(tmp_path: Path) -> None:
    with talking(tmp_path) as (session, client, _):
        client.close(timeout_s=0.05)
        connection = recorded(session)
        assert (connection.how, connection.code) == ("close", None)
        assert "no close frame came back" in connection.reason


def test_aborting_sends_rst_and_no_close_frame(tmp_path: Path) -> None:
    with talking(tmp_path) as (session, client, peer):
        client.abort()
        assert peer.ends() == "RST"
        assert recorded(session).how == "abort"


def test_a_half_open_client_keeps_its_socket_and_answers_nothing(tmp_path: Path) -> None:
    with talking(tmp_path) as (session, client, peer):
        client.stop_reading()
        peer.send(server_frame(Opcode.PING, b"?"))
        connection = recorded(session)
        assert (connection.how, connection.left_ns) == ("half-open", None)
        assert client.fileno() >= 0
        client.close()  # does not wait for an answer that it could not read
        assert recorded(session).left_ns is not None


def test_what_a_half_open_client_is_sent_is_no_delivery(tmp_path: Path) -> None:
    with talking(tmp_path) as (session, client, peer):
        client.stop_reading()
        peer.send(server_frame(Opcode.TEXT, session.envelope.wrap(5).encode()))
        with ScriptedPeer() as other:
            session.connect(other.url)
            other.send(server_frame(Opcode.TEXT, session.envelope.wrap(6).encode()))
            assert [message for _, message, _ in session.wait_delivered()] == [6]


@pytest.mark.parametrize("leave", [Client.abort, Client.close, Client.stop_reading])
def test_a_client_that_has_left_sends_nothing_more(tmp_path: Path, leave: Callable[[Client], None]) -> None:
    with talking(tmp_path) as (_, client, peer):
        if leave is Client.close:
            client.close(timeout_s=0)
        else:
            leave(client)
        with pytest.raises(ConnectionLost) as caught:
            client.send("too late")
        assert caught.value.outcome == "failed"
        assert peer is not None


def test_a_client_leaves_once_whoever_begins(tmp_path: Path) -> None:
    with talking(tmp_path) as (session, client, peer):
        peer.send(server_frame(Opcode.CLOSE, b"\x03\xe8"))
        session.wait_gone(client)
        client.close()
        client.abort()
        client.peer_lost("too late")
        assert recorded(session).how == "peer-close"
        events = (tmp_path / "history.0.jsonl").read_text()
        assert events.count("LeaveStarted") == 1
        assert events.count('"Left"') == 1


def test_sending_into_a_reset_connection_fails_without_a_traceback(tmp_path: Path) -> None:
    with talking(tmp_path) as (session, client, peer):
        peer.reset()
        session.wait_gone(client)
        with pytest.raises(ConnectionLost):
            client.send("x")


def test_a_connection_id_is_recorded_once_known(tmp_path: Path) -> None:
    with talking(tmp_path) as (session, client, _):
        assert client.connection_id is None
        client.connection_id = "BD0R86oM6wFSgik="
        assert recorded(session).connection_id == "BD0R86oM6wFSgik="


def test_all_of_it_works_over_tls(tmp_path: Path) -> None:
    issued = certificates()
    with (
        LoopbackSession(tmp_path, tls=issued.client) as session,
        BroadcastServer(tls=issued.server) as server,
    ):
        client = session.connect(server.url)
        payload = session.envelope.wrap(5, after="ü" * 60_000)
        client.send('{"action":"sendmessage","data":"%s"}' % payload)  # noqa: UP031 - braces
        assert [message for _, message, _ in session.wait_delivered()] == [5]
        client.close(4000)
        assert recorded(session).code == 4000


def test_closing_a_connection_that_is_lost_ends_it_at_once(tmp_path: Path) -> None:
    session = LoopbackSession(tmp_path)  # its receiver is not running: the client meets the loss itself
    with ScriptedPeer() as peer:
        client = session.connect(peer.url)
        peer.reset()
        assert wait_for(lambda: _is_lost(client), Deadline(WAIT_S))
        client.pong(b"nobody hears this")
        client.close()
        assert client.is_gone
        assert "the connection was lost" in recorded(session).reason
    session.__exit__(None, None, None)


def _is_lost(client: Client) -> bool:
    try:
        client.send_raw(b"")
        client.send_raw(b"\x8a\x80\x00\x00\x00\x00")
    except ConnectionLost:
        return True
    return False
