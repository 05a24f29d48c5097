"""The loopback HTTP server, by raw sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable

from reference_app.gateway.http_server import HttpServer, Request, Response, Stream, loopback_listener
from reference_app.tests.process_state import PATIENCE_S

Exchange = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def echo(request: Request) -> Response:
    text = f"{request.method} {request.target} {request.headers.get('x-name')} ".encode()
    return Response(200, text + request.body, {"X-Reply": "yes"})


def serve(exchange: Exchange, handler: Callable[[Request], Awaitable[Response | Stream]] = echo) -> None:
    """Run an exchange of one client with a server."""

    async def run() -> None:
        server = HttpServer(handler, longest_body=100)
        port = await server.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await exchange(reader, writer)
        finally:
            writer.close()
            await server.stop()

    asyncio.run(run())


async def response(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Head and body of the next response."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return head, await reader.readexactly(length)


def test_requests_of_one_connection_are_answered_in_turn() -> None:
    async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"GET /a HTTP/1.1\r\nX-Name: n\r\n\r\nPOST /b HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi")

        head, body = await response(reader)
        assert head.startswith(b"HTTP/1.1 200 OK\r\nX-Reply: yes\r\n")
        assert body == b"GET /a n "
        assert (await response(reader))[1] == b"POST /b None hi"

    serve(exchange)


class Wire(asyncio.Transport):
    """Keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))


def test_an_answer_travels_with_the_one_behind_it_that_is_still_to_come() -> None:
    async def run() -> None:
        later: asyncio.Future[Response | Stream] = asyncio.get_running_loop().create_future()
        wire = Wire()
        server = HttpServer(
            lambda request: Response(200, b"now") if request.target == "/now" else later, longest_body=100
        )
        connection = server._connection()
        connection.connection_made(wire)
        connection.data_received(b"GET /now HTTP/1.1\r\n\r\nGET /later HTTP/1.1\r\n\r\n")
        assert wire.written == []
        later.set_result(Response(200, b"later"))
        await asyncio.sleep(0)
        (both,) = wire.written
        assert both.index(b"now") < both.index(b"later")

    asyncio.run(run())


def test_a_request_may_arrive_in_pieces() -> None:
    async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in (b"POST /pie", b"ces HTTP/1.1\r\nContent-", b"Length: 4\r\n\r\nab", b"cd"):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)

        assert (await response(reader))[1] == b"POST /pieces None abcd"

    serve(exchange)


def test_a_client_that_wants_to_is_let_go() -> None:
    async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")

        head, _ = await response(reader)
        assert b"Connection: close" in head
        assert await reader.read() == b""

    serve(exchange)


def test_who_waits_for_100_continue_gets_it() -> None:
    async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"

        writer.write(b"ok")
        assert (await response(reader))[1] == b"POST / None ok"

    serve(exchange)


def test_what_is_no_http_is_refused() -> None:
    async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x16\x03\x01 hello\r\n\r\n")

        assert (await reader.read()).startswith(b"HTTP/1.1 400 ")

    serve(exchange)


def test_a_body_beyond_the_limit_is_refused() -> None:
    async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n" + b"x" * 101)

        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 413 ")

    serve(exchange)


def test_the_handler_of_a_client_that_left_is_cancelled() -> None:
    cancelled = asyncio.Event()

    async def never(request: Request) -> Response:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        raise AssertionError(request)

    async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await writer.drain()
        writer.close()
        await cancelled.wait()

    serve(exchange, never)


def test_a_stream_comes_chunk_by_chunk_and_ends_the_connection() -> None:
    may_go_on = asyncio.Event()

    async def chunks() -> AsyncGenerator[bytes, None]:
        yield b"one"
        await may_go_on.wait()
        yield b"two"

    async def stream(request: Request) -> Stream:
        return Stream(200, chunks(), {"X-Reply": "yes"})

    async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"X-Reply: yes\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n" in head
        assert await reader.readexactly(8) == b"3\r\none\r\n"
        may_go_on.set()
        assert await reader.read() == b"3\r\ntwo\r\n0\r\n\r\n"

    serve(exchange, stream)


def test_a_stream_waits_for_a_slow_reader_and_ends_with_it() -> None:
    made = 0
    ended = asyncio.Event()

    async def chunks() -> AsyncGenerator[bytes, None]:
        nonlocal made
        try:
            while True:
                made += 1
                yield b"x" * 65536
        finally:
            ended.set()

    async def stream(request: Request) -> Stream:
        return Stream(200, chunks())

    async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        before = 0
        while before != made:  # until the sockets between the two are full
            before = made
            await asyncio.sleep(0.05)
        assert made < 1000
        writer.transport.abort()
        await ended.wait()

    serve(exchange, stream)


def test_a_port_can_be_chosen() -> None:
    with loopback_listener() as free:
        port = free.getsockname()[1]
    with loopback_listener(port) as chosen:
        assert chosen.getsockname() == ("127.0.0.1", port)


def test_an_answer_does_not_wait_for_the_client_to_acknowledge_the_one_before() -> None:
    with loopback_listener() as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_handler_that_breaks_is_an_answer_and_ends_the_connection() -> None:
    async def breaks(_: Request) -> Response:
        raise AssertionError("of our own")

    async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"GET /a HTTP/1.1\r\n\r\n")
        head, body = await response(reader)
        assert head.startswith(b"HTTP/1.1 500 ")
        assert body == b'{"message":"Internal server error"}'
        assert await reader.read() == b""

    serve(exchange, breaks)
