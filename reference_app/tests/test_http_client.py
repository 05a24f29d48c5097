"""Requests to an origin on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from reference_app.gateway.http_client import HttpClient, OriginError, Reply
from reference_app.gateway.http_server import HttpServer, Request, Response


def with_origin(script: Callable[[HttpClient], Awaitable[None]], answers: list[bytes]) -> int:
    """Run a script against an origin that sends one of these bytes for each request.

    Returns how many connections were made.
    """
    made = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal made
        made += 1
        while answers and await reader.read(65536):
            answer = answers.pop(0)
            if not answer:
                break
            writer.write(answer)
        writer.close()
        await writer.wait_closed()

    async def run() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        client = HttpClient(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        try:
            await script(client)
        finally:
            await client.close()
            server.close()
            await server.wait_closed()

    asyncio.run(run())
    return made


async def get(client: HttpClient) -> Reply:
    return await client.request("GET", "/", {"Host": "x"}, b"")


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_the_request_goes_out_as_it_is_and_the_reply_comes_whole() -> None:
    async def answer(request: Request) -> Response:
        text = f"{request.method} {request.target} {request.headers['x-y']} {request.body.decode()}"
        return Response(201, text.encode(), {"X-Kind": "test"})

    async def run() -> Reply:
        server = HttpServer(answer, longest_body=100)
        client = HttpClient(f"http://127.0.0.1:{await server.start()}/ignored")
        try:
            return await client.request(
                "POST", "/a?b", {"Host": "h", "X-Y": "z", "Connection": "close"}, b"hi"
            )
        finally:
            await client.close()
            await server.stop()

    reply = asyncio.run(run())
    assert (reply.status, reply.body, reply.headers["x-kind"]) == (201, b"POST /a?b z hi", "test")


def test_a_connection_is_used_again() -> None:
    async def script(client: HttpClient) -> None:
        assert [(await get(client)).body for _ in range(3)] == [b"ok"] * 3

    assert with_origin(script, [OK] * 3) == 1


def test_a_connection_that_ended_meanwhile_is_replaced() -> None:
    async def script(client: HttpClient) -> None:
        await get(client)
        assert (await get(client)).body == b"ok"

    assert with_origin(script, [OK, b"", OK]) == 2


def test_a_body_may_come_in_chunks() -> None:
    async def script(client: HttpClient) -> None:
        assert (await get(client)).body == b"okay"

    with_origin(
        script, [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n2\r\nay\r\n0\r\n\r\n"]
    )


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0\r\n\r\n"])
def test_an_origin_that_does_not_answer_in_http_is_an_error(answer: bytes) -> None:
    async def script(client: HttpClient) -> None:
        with pytest.raises(OriginError):
            await get(client)

    with_origin(script, [answer])


def test_an_origin_that_is_not_there_is_an_error() -> None:
    async def run() -> None:
        with pytest.raises(OriginError, match="cannot be reached"):
            await get(HttpClient("http://127.0.0.1:1"))

    asyncio.run(run())


@pytest.mark.parametrize("url", ["nowhere", "ftp://x", "http:///x"])
def test_only_urls_of_http_are_taken(url: str) -> None:
    with pytest.raises(ValueError, match="not a URL of http"):
        HttpClient(url)
