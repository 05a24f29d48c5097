from __future__ import annotations

import errno
import select
from collections.abc import Sequence
from pathlib import Path

import pytest
from websockets.frames import Opcode as TheirOpcode

from conformance.harness.client import connect
from conformance.harness.deadline import Deadline, wait_for
from conformance.harness.envelope import Envelope, Recognizer
from conformance.harness.errors import HarnessError
from conformance.harness.frames import Opcode
from conformance.harness.handshake import Dialer, Endpoint
from conformance.harness.message_format import ReceiveFormat
from conformance.harness.readiness import SelectorPoller
from conformance.harness.receive_times import KERNEL_TIMES
from conformance.harness.receiver import Receiver
from conformance.harness.recorder import Recorder
from reports.history import KERNEL_TIME, Deliveries
from reports.history_reader import read_history
from reports.history_writer import HistoryWriter

from .certificates import certificates
from .loopback_session import RUN, WAIT_S, LoopbackSession
from .scripted_peer import ScriptedPeer
from .test_frames import server_frame


def text(payload: str) -> bytes:
    return server_frame(Opcode.TEXT, payload.encode())


def test_a_payload_is_recorded_as_the_delivery_of_its_message(tmp_path: Path) -> None:
    with LoopbackSession(tmp_path) as session, ScriptedPeer() as peer:
        client = session.connect(peer.url)
        peer.send(text(session.envelope.wrap(5, "é")))
        ((at_ns, message, connection),) = session.wait_delivered()
        assert (message, connection) == (5, client.number)
        assert session.history().deliveries.whole().tolist() == [(at_ns, 5, client.number, 0)]


def test_the_copies_of_one_broadcast_are_told_apart_by_connection(tmp_path: Path) -> None:
    with LoopbackSession(tmp_path) as session, ScriptedPeer() as one, ScriptedPeer() as other:
        numbers = {session.connect(one.url).number, session.connect(other.url).number}
        for peer in (one, other):
            peer.send(text(session.envelope.wrap(5)) + text(session.envelope.wrap(6)))
        delivered = session.wait_delivered(4)
        assert {(message, number) for _, message, number in delivered} == {
            (message, number) for message in (5, 6) for number in numbers
        }


def test_a_message_delivered_twice_is_recorded_twice(tmp_path: Path) -> None:
    with LoopbackSession(tmp_path) as session, ScriptedPeer() as peer:
        session.connect(peer.url)
        peer.send(text(session.envelope.wrap(5)) * 2)
        assert [message for _, message, _ in session.wait_delivered(2)] == [5, 5]


def test_a_frame_that_comes_byte_by_byte_is_heard(tmp_path: Path) -> None:
    with LoopbackSession(tmp_path) as session, ScriptedPeer() as peer:
        session.connect(peer.url)
        for byte in text(session.envelope.wrap(5)):
            peer.send(bytes([byte]))
        assert [message for _, message, _ in session.wait_delivered()] == [5]


def test_fragments_around_a_ping_are_heard_as_one_message(tmp_path: Path) -> None:
    with LoopbackSession(tmp_path) as session, ScriptedPeer() as peer:
        session.connect(peer.url)
        data = session.envelope.wrap(5, "x" * 1000).encode()
        peer.send(
            server_frame(Opcode.TEXT, data[:500], fin=False)
            + server_frame(Opcode.PING, b"?")
            + server_frame(Opcode.CONTINUATION, data[500:])
        )
        assert [message for _, message, _ in session.wait_delivered()] == [5]
        assert peer.frame().opcode is TheirOpcode.PONG


def test_a_ping_is_answered_by_a_pong_with_its_data(tmp_path: Path) -> None:
    with LoopbackSession(tmp_path) as session, ScriptedPeer() as peer:
        session.connect(peer.url)
        peer.send(server_frame(Opcode.PING, b"are you there"))
        frame = peer.frame()
        assert (int(frame.opcode), bytes(frame.data)) == (Opcode.PONG, b"are you there")


def test_bytes_that_came_with_the_handshake_are_heard_first(tmp_path: Path) -> None:
    with LoopbackSession(tmp_path) as session:
        first = text(session.envelope.wrap(1))
        with ScriptedPeer(behind=first + text(session.envelope.wrap(2))[:5]) as peer:
            session.connect(peer.url)
            peer.send(text(session.envelope.wrap(2))[5:])
            assert [message for _, message, _ in session.wait_delivered(2)] == [1, 2]


def test_a_close_frame_that_came_with_the_handshake_ends_the_connection(tmp_path: Path) -> None:
    with LoopbackSession(tmp_path) as session:
        with ScriptedPeer(behind=server_frame(Opcode.CLOSE, b"\x03\xe9")) as peer:
            session.wait_gone(session.connect(peer.url))
        assert session.history().connections[0].code == 1001


def test_a_damaged_copy_is_recorded_as_such(tmp_path: Path) -> None:
    with LoopbackSession(tmp_path) as session, ScriptedPeer() as peer:
        session.connect(peer.url)
        peer.send(text(session.envelope.wrap(5, "", "end") + "!"))
        assert session.wait_frame().corrupt_of == 5
        assert not session.delivered
        assert len(session.history().deliveries) == 1


def test_other_messages_are_recorded_as_frames(tmp_path: Path) -> None:
    with LoopbackSession(tmp_path) as session, ScriptedPeer() as peer:
        session.connect(peer.url)
        peer.send(text('{"message": "Forbidden"}'))
        frame = session.wait_frame()
        assert (frame.text, frame.corrupt_of) == ('{"message": "Forbidden"}', None)
        assert [kept.text for kept in session.history().frames] == ['{"message": "Forbidden"}']


def test_binary_is_no_delivery_of_a_text(tmp_path: Path) -> None:
    with LoopbackSession(tmp_path) as session, ScriptedPeer() as peer:
        session.connect(peer.url)
        peer.send(server_frame(Opcode.BINARY, session.envelope.wrap(5).encode()))
        assert session.wait_frame().corrupt_of == 5
        assert not session.delivered


def test_the_receive_template_decides_what_the_payload_is(tmp_path: Path) -> None:
    with LoopbackSession(tmp_path, receive={"data": "{payload}"}) as session, ScriptedPeer() as peer:
        session.connect(peer.url)
        peer.send(text(f'{{"data": "{session.envelope.wrap(5)}"}}'))
        assert [message for _, message, _ in session.wait_delivered()] == [5]
        peer.send(text(session.envelope.wrap(6)))
        assert session.wait_frame().corrupt_of == 6


def test_a_message_of_another_kind_that_quotes_a_payload_is_no_damaged_copy(tmp_path: Path) -> None:
    receive = {"type": "message", "data": "{payload}"}
    with LoopbackSession(tmp_path, receive=receive) as session, ScriptedPeer() as peer:
        session.connect(peer.url)
        peer.send(text(f'{{"type": "ack", "data": "{session.envelope.wrap(5)}"}}'))
        assert session.wait_frame().corrupt_of is None
        session.frames.clear()
        peer.send(text(f'{{"type": "message", "text": "{session.envelope.wrap(6)}"}}'))
        assert session.wait_frame().corrupt_of == 6
        assert len(session.history().deliveries) == 1


def test_the_same_text_may_stand_for_another_message_later(tmp_path: Path) -> None:
    with LoopbackSession(tmp_path) as session, ScriptedPeer() as peer:
        session.connect(peer.url)
        for message in (3, 4):
            session.recognizer.expect("null", message)
            peer.send(text("null"))
            session.wait_delivered(message - 2)
        assert [message for _, message, _ in session.delivered] == [3, 4]


def test_a_close_frame_ends_the_connection_and_what_follows_it_is_nothing(tmp_path: Path) -> None:
    with LoopbackSession(tmp_path) as session, ScriptedPeer() as peer:
        client = session.connect(peer.url)
        peer.send(server_frame(Opcode.CLOSE, b"\x03\xe9Going away") + text(session.envelope.wrap(5)))
        frame = peer.frame()
        assert (int(frame.opcode), bytes(frame.data)) == (Opcode.CLOSE, b"\x03\xe9")
        session.wait_gone(client)
        (connection,) = session.history().connections
        assert (connection.how, connection.code, connection.reason) == ("peer-close", 1001, "Going away")
        assert not session.delivered


@pytest.mark.parametrize("leave", [ScriptedPeer.reset, ScriptedPeer.hang_up])
def test_a_connection_that_ends_without_a_close_frame_is_lost(tmp_path: Path, leave: object) -> None:
    with LoopbackSession(tmp_path) as session, ScriptedPeer() as peer:
        client = session.connect(peer.url)
        leave(peer)  # type: ignore[operator]
        session.wait_gone(client)
        (connection,) = session.history().connections
        assert (connection.how, connection.code) == ("peer-lost", None)
        assert connection.left_ns is not None


@pytest.mark.parametrize(
    ("stream", "reason"),
    [(b"\xc1\x00", "reserved bits"), (server_frame(Opcode.TEXT, b"\xff"), "not UTF-8")],
    ids=["reserved bits", "not UTF-8"],
)
def test_a_server_that_breaks_the_rfc_loses_the_connection(
    tmp_path: Path, stream: bytes, reason: str
) -> None:
    with LoopbackSession(tmp_path) as session, ScriptedPeer() as peer:
        client = session.connect(peer.url)
        peer.send(text(session.envelope.wrap(5)) + stream)
        session.wait_gone(client)
        assert reason in session.history().connections[0].reason
        assert [message for _, message, _ in session.wait_delivered()] == [5]


def test_tls_connections_are_heard_like_others(tmp_path: Path) -> None:
    issued = certificates()
    with LoopbackSession(tmp_path, tls=issued.client) as session, ScriptedPeer(tls=issued.server) as peer:
        session.connect(peer.url)
        peer.send(b"".join(text(session.envelope.wrap(number, "x" * 5000)) for number in range(100)))
        assert [message for _, message, _ in session.wait_delivered(100)] == list(range(100))


def test_what_is_remembered_of_reads_is_bounded(tmp_path: Path) -> None:
    with LoopbackSession(tmp_path) as session, ScriptedPeer() as peer:
        session.connect(peer.url)
        session.receiver._reads.update({str(number).encode(): () for number in range(2048)})
        peer.send(text(session.envelope.wrap(5)))
        session.wait_delivered()
        assert wait_for(lambda: len(session.receiver._reads) == 1, Deadline(WAIT_S))


def test_a_caller_may_wait_for_the_descriptor_and_drain_by_itself(tmp_path: Path) -> None:
    session = LoopbackSession(tmp_path)
    with ScriptedPeer() as peer:
        session.connect(peer.url)
        assert session.receiver.drain(0) == 0
        peer.send(text(session.envelope.wrap(5)))
        assert select.select([session.receiver.fileno()], [], [], WAIT_S)[0]
        assert session.receiver.drain(0) == 1
    session.__exit__(None, None, None)


def test_a_fault_on_the_receiving_thread_is_kept(tmp_path: Path) -> None:
    def broken(_batch: object) -> None:
        raise ZeroDivisionError

    with LoopbackSession(tmp_path) as session, ScriptedPeer() as peer:
        session.receiver._on_deliveries = broken
        session.connect(peer.url)
        peer.send(text(session.envelope.wrap(5)))
        assert wait_for(lambda: isinstance(session.receiver.fault, ZeroDivisionError), Deadline(WAIT_S))


class Refusing(SelectorPoller):
    """A poller that takes nothing but the receiver's own pipe."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self._error: OSError | None = None
        self.refusal = error

    def register(self, fd: int, eventmask: int = 1, /) -> None:
        if self._error is not None:
            raise self._error
        super().register(fd, eventmask)
        self._error = self.refusal


@pytest.mark.parametrize("number", [errno.EBADF, errno.ENOSPC])
def test_a_connection_that_cannot_be_waited_for_is_let_go(tmp_path: Path, number: int) -> None:
    recorder = Recorder(HistoryWriter(tmp_path))
    poller = Refusing(OSError(number, "refused"))
    receiver = Receiver(Recognizer(RUN), ReceiveFormat("{payload}"), recorder, poller=poller)
    with ScriptedPeer() as peer:
        dialer = Dialer(Endpoint(peer.url))
        if number == errno.EBADF:
            connect(dialer, recorder, receiver, "stayer").abort()
        else:
            with pytest.raises(HarnessError, match="cannot hear another connection: refused"):
                connect(dialer, recorder, receiver, "stayer")
        assert receiver.drain(0) == 0
    receiver.stop()
    recorder.close()


def test_any_poller_can_be_injected(tmp_path: Path) -> None:
    recorder = Recorder(HistoryWriter(tmp_path))
    receiver = Receiver(Recognizer(RUN), ReceiveFormat("{payload}"), recorder, poller=SelectorPoller())
    receiver.start()
    receiver.stop()
    recorder.close()


@pytest.mark.skipif(not KERNEL_TIMES, reason="this system's kernel cannot be asked")
@pytest.mark.parametrize("secure", [False, True], ids=["ws", "wss"])
def test_on_one_thread_deliveries_gather_with_kernel_times_until_handed_over(
    tmp_path: Path, *, secure: bool
) -> None:
    issued = certificates()
    recorder = Recorder(HistoryWriter(tmp_path))
    receiver = Receiver(Recognizer(RUN), ReceiveFormat("{payload}"), recorder, alone=True, times="kernel")
    with ScriptedPeer(tls=issued.server if secure else None) as peer:
        client = connect(Dialer(Endpoint(peer.url), issued.client, alone=True), recorder, receiver, "stayer")
        _hear(receiver, peer, range(3))
        recorder.flush()
        assert len(read_history(tmp_path).deliveries) == 0
        # The kernel begins to note times a little after it was asked to.
        deadline, sent = Deadline(WAIT_S), 3
        while not deadline.expired() and not rows_of(receiver, recorder, tmp_path)["flags"].any():
            _hear(receiver, peer, [sent])
            sent += 1
        client.abort()
    receiver.stop()
    recorder.close()
    rows = read_history(tmp_path).deliveries.whole()
    assert rows["message"].tolist() == list(range(sent))
    assert rows["flags"].tolist()[-1] == KERNEL_TIME


@pytest.mark.skipif(not KERNEL_TIMES, reason="this system's kernel cannot be asked")
def test_messages_of_one_size_that_wait_together_are_read_one_at_a_time(tmp_path: Path) -> None:
    recorder = Recorder(HistoryWriter(tmp_path))
    receiver = Receiver(Recognizer(RUN), ReceiveFormat("{payload}"), recorder, alone=True, times="kernel")
    with ScriptedPeer() as peer:
        client = connect(Dialer(Endpoint(peer.url), alone=True), recorder, receiver, "stayer")
        _hear(receiver, peer, range(4))
        peer.send(text(Envelope(RUN).wrap(4)) + text(Envelope(RUN).wrap(5)))
        assert [receiver.drain(WAIT_S), receiver.drain(WAIT_S)] == [1, 1]
        assert rows_of(receiver, recorder, tmp_path)["message"].tolist() == [0, 1, 2, 3, 4, 5]
        client.abort()
    receiver.stop()
    recorder.close()


def _hear(receiver: Receiver, peer: ScriptedPeer, numbers: Sequence[int]) -> None:
    """Send these messages one by one, until each is heard."""
    for number in numbers:
        peer.send(text(Envelope(RUN).wrap(number)))
        while not receiver.drain(WAIT_S):
            continue


def rows_of(receiver: Receiver, recorder: Recorder, folder: Path) -> Deliveries:
    """What has been handed over so far, all that was heard."""
    receiver.hand_over()
    recorder.flush()
    return read_history(folder).deliveries.whole()


def test_a_message_longer_than_one_read_is_heard(tmp_path: Path) -> None:
    with LoopbackSession(tmp_path) as session, ScriptedPeer() as peer:
        session.connect(peer.url)
        peer.send(text(session.envelope.wrap(5, "x" * 100_000)) + text(session.envelope.wrap(6)))
        assert [message for _, message, _ in session.wait_delivered(2)] == [5, 6]


def test_the_same_bytes_inside_a_longer_message_are_no_delivery(tmp_path: Path) -> None:
    with LoopbackSession(tmp_path) as session, ScriptedPeer() as peer:
        session.connect(peer.url)
        frame = text(session.envelope.wrap(5))
        peer.send(frame)
        session.wait_delivered()
        whole = server_frame(Opcode.BINARY, b"x" + frame)
        peer.send(whole[:3])
        assert wait_for(lambda: bool(session.receiver._torn), Deadline(WAIT_S))
        peer.send(whole[3:])
        session.wait_frame()
        assert len(session.delivered) == 1
