"""A session between a transport and an owner that both only take notes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from websockets.frames import Close, Frame, Opcode

from reference_app.gateway.unknowns import Unknowns
from reference_app.gateway.websocket_api import close_causes, websocket_session
from reference_app.gateway.websocket_api.websocket_session import MAX_PENDING_MESSAGES, WebSocketSession

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from reference_app.gateway.websocket_api.close_causes import Ending

UNKNOWNS = Unknowns()


class Transport(asyncio.Transport):
    def __init__(self, *, half_close: bool = True) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.calls: list[str] = []
        self.waiting = 0
        self._half_close = half_close

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.calls.append("set_protocol")

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def can_write_eof(self) -> bool:
        return self._half_close

    def write_eof(self) -> None:
        self.calls.append("write_eof")

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def is_closing(self) -> bool:
        return "close" in self.calls

    def pause_reading(self) -> None:
        self.calls.append("pause_reading")

    def resume_reading(self) -> None:
        self.calls.append("resume_reading")

    def close(self) -> None:
        self.calls.append("close")

    def abort(self) -> None:
        self.calls.append("abort")


class Owner:
    def __init__(self) -> None:
        self.heard: list[object] = []

    def received(self, text: str) -> None:
        self.heard.append(text)

    def pinged(self) -> None:
        self.heard.append("ping")

    def closed(self, ending: Ending) -> None:
        self.heard.append(ending)

    def lost(self) -> None:
        self.heard.append("lost")


class Bench:
    def __init__(self, *, early: bytes = b"", half_close: bool = True) -> None:
        self.transport = Transport(half_close=half_close)
        self.owner = Owner()
        self.session = WebSocketSession(self.transport, UNKNOWNS, early)
        self.session.attach(self.owner)

    def open(self) -> Bench:
        self.session.upgrade(b"101")
        return self

    def receive(self, *frames: Frame) -> None:
        self.session.data_received(b"".join(frame.serialize(mask=True) for frame in frames))


def on_a_loop(test: Callable[[], Coroutine[None, None, None]]) -> Callable[[], None]:
    def run() -> None:
        asyncio.run(test())

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


def text(data: bytes) -> Frame:
    return Frame(Opcode.TEXT, data)


def closing(code: int) -> Frame:
    return Frame(Opcode.CLOSE, Close(code, "").serialize())


def test_messages_wait_for_the_101() -> None:
    bench = Bench(early=text(b"a").serialize(mask=True))
    bench.receive(text(b"b"))
    assert bench.owner.heard == []
    bench.open()
    assert bench.transport.written == [b"101"]
    assert bench.owner.heard == ["a", "b"]


def test_a_client_that_floods_a_pending_handshake_is_cut_off() -> None:
    bench = Bench()
    bench.session.data_received(bytes(300_000))
    assert "abort" in bench.transport.calls


def test_a_refusal_is_written_before_the_end() -> None:
    bench = Bench()
    bench.session.refuse(b"403")
    assert (bench.transport.written, bench.transport.calls[-1]) == ([b"403"], "close")


def test_a_message_is_sent_while_there_is_room() -> None:
    """MG-17."""
    bench = Bench().open()
    bench.transport.waiting = UNKNOWNS.outbound_buffer_bytes
    assert bench.session.send(b"fits")
    bench.transport.waiting += 1
    assert not bench.session.send(b"does not")
    assert bench.transport.written[1:] == [text(b"fits").serialize(mask=False)]


def test_a_ping_is_answered_and_told() -> None:
    """RT-57."""
    bench = Bench().open()
    bench.receive(Frame(Opcode.PING, b"x"))
    assert bench.transport.written[1:] == [Frame(Opcode.PONG, b"x").serialize(mask=False)]
    assert bench.owner.heard == ["ping"]


def test_a_client_with_too_many_messages_under_way_is_not_read() -> None:
    bench = Bench().open()
    bench.receive(*[text(b"x")] * MAX_PENDING_MESSAGES)
    assert bench.transport.calls[-1] == "pause_reading"
    bench.session.message_done()
    assert bench.transport.calls[-1] == "resume_reading"


@on_a_loop
async def test_a_client_that_closes_is_answered_and_its_stream_ended() -> None:
    """DC-2."""
    bench = Bench().open()
    bench.receive(text(b"last"), closing(1000))
    assert bench.transport.written[1:] == [closing(1000).serialize(mask=False)]
    assert bench.transport.calls[-1] == "write_eof"
    assert bench.owner.heard == ["last", close_causes.closed_by_client(1000, "", Unknowns())]


@on_a_loop
async def test_over_tls_the_connection_is_closed_instead() -> None:
    bench = Bench(half_close=False).open()
    bench.receive(closing(1000))
    assert bench.transport.calls[-1] == "close"


@on_a_loop
async def test_over_tls_a_client_that_is_still_sending_may_read_why_it_is_closed() -> None:
    """RT-52: closing with data unread would reset the connection under the close frame."""
    bench = Bench(half_close=False).open()
    bench.receive(Frame(Opcode.BINARY, b"x"))
    assert "close" not in bench.transport.calls


@on_a_loop
async def test_after_a_close_by_the_gateway_nothing_is_heard_but_the_end() -> None:
    bench = Bench().open()
    bench.session.close(close_causes.idle())
    bench.receive(text(b"late"), closing(1001))
    bench.session.connection_lost(None)
    assert bench.owner.heard == ["lost"]


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket_session, "CLOSE_TIMEOUT_S", 0.0)


@pytest.mark.usefixtures("no_patience")
@pytest.mark.parametrize("close", ["by client", "by gateway"])
def test_a_client_that_does_not_end_the_connection_is_aborted(close: str) -> None:
    async def run() -> list[str]:
        bench = Bench().open()
        if close == "by client":
            bench.receive(closing(1000))
        else:
            bench.session.close(close_causes.idle())
        async with asyncio.timeout(10):
            while "abort" not in bench.transport.calls:
                await asyncio.sleep(0)
        return bench.transport.calls

    assert asyncio.run(run())[-1] == "abort"


@pytest.mark.usefixtures("no_patience")
def test_a_client_that_ends_the_connection_is_not_aborted() -> None:
    async def run() -> list[str]:
        bench = Bench().open()
        bench.session.close(close_causes.idle())
        bench.session.connection_lost(None)
        due = asyncio.Event()
        asyncio.get_running_loop().call_later(0, due.set)
        await due.wait()
        return bench.transport.calls

    assert "abort" not in asyncio.run(run())


@pytest.mark.parametrize("error", [None, ConnectionResetError()])
def test_the_end_of_the_tcp_connection_is_told(error: Exception | None) -> None:
    """DC-25."""
    bench = Bench().open()
    assert not bench.session.eof_received()
    bench.session.connection_lost(error)
    assert bench.owner.heard == ["lost"]
