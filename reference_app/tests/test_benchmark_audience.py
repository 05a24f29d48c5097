from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import pytest

from reference_app.benchmark import audience
from reference_app.benchmark.audience import Audience, BenchmarkError, Client, connect, leave
from reference_app.gateway.template.application import Route
from reference_app.tests.running_gateway import Running, running_gateway

if TYPE_CHECKING:
    from reference_app.tests.running_gateway import Handler

T = TypeVar("T")


def on_a_gateway(
    scenario: Callable[[Running], Awaitable[T]], *, handlers: dict[str, Handler] | None = None
) -> T:
    async def run() -> T:
        return await scenario(running)

    with running_gateway(Route("say", "say"), handlers=handlers) as running:
        return asyncio.run(run())


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 131_072])
def test_a_frame_of_any_length_is_heard_once(size: int) -> None:
    async def scenario(running: Running) -> list[bytes]:
        [client] = await connect(running.url, 1, 1)
        heard: asyncio.Queue[bytes] = asyncio.Queue()
        client.heard = heard.put_nowait
        connection_id = running.newest_id()
        with running.management() as api:
            for payload in (b"x" * size, b"after"):
                await asyncio.to_thread(api.post_to_connection, ConnectionId=connection_id, Data=payload)
        frames = [await asyncio.wait_for(heard.get(), 10)]
        while frames[-1] != b"after":
            frames.append(await asyncio.wait_for(heard.get(), 10))
        await leave([client])
        return frames

    frames = on_a_gateway(scenario)
    assert b"".join(frames[:-1]) == b"x" * size


@pytest.mark.parametrize("size", [1, 200, 30_000])
def test_a_message_of_any_length_is_understood(size: int) -> None:
    async def scenario(running: Running) -> str:
        [client] = await connect(running.url, 1, 1)
        client.say({"action": "say", "data": "x" * size})
        [event] = await asyncio.to_thread(running.functions.of_type, "MESSAGE")
        await leave([client])
        return str(event["body"])

    assert on_a_gateway(scenario) == '{"action":"say","data":"' + "x" * size + '"}'


def test_a_refused_handshake_is_an_error() -> None:
    async def refuse(_event: object) -> object:
        return {"statusCode": 403}

    async def scenario(running: Running) -> None:
        with pytest.raises(BenchmarkError, match="403"):
            await connect(running.url, 3, 3)

    on_a_gateway(scenario, handlers={"connect": refuse})


def test_who_hears_nothing_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "PATIENCE_S", 0.01)

    async def run() -> None:
        deaf, hearing = Client("ws://127.0.0.1:1/dev"), Client("ws://127.0.0.1:1/dev")
        await Audience([deaf, hearing], ["a", "b"]).hears("x", lambda: hearing.heard(b"x"))

    with pytest.raises(BenchmarkError, match="1 of 2 listeners heard nothing"):
        asyncio.run(run())
