"""A gateway on a thread of its own, with functions written in the test, for blocking clients."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
import websocket
from botocore.config import Config

from reference_app.gateway.functions.invocation import Failed, InvocationFacts, Returned
from reference_app.gateway.template.application import Route, WebSocketApi
from reference_app.gateway.unknowns import Unknowns
from reference_app.gateway.websocket_api.gateway import Gateway

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Iterator, Mapping
    from concurrent.futures import Future

    from types_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

    from reference_app.gateway.websocket_api.interference import Interference
    from reference_app.gateway.websocket_api.lifecycle import Lifecycle

    Handler = Callable[[dict[str, Any]], Awaitable[object]]

T = TypeVar("T")

REGION = "eu-west-1"
ACCESS_KEY, SECRET = "local", "local-secret"
PATIENCE_S = 10.0
"""Bound of every wait; only a test that fails ever uses it up."""


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self._now = 1000.0
        self.due: list[tuple[float, Callable[[], None]]] = []

    def monotonic(self) -> float:
        return self._now

    def epoch_ms(self) -> int:
        return 1_731_332_735_513 + round((self._now - 1000.0) * 1000)

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> _Timer:
        entry = (self._now + delay_s, callback)
        self.due.append(entry)
        return _Timer(self.due, entry)

    def advance(self, seconds: float) -> None:
        """Move on and run what has become due; call it on the event loop."""
        self._now += seconds
        for entry in [entry for entry in self.due if entry[0] <= self._now]:
            self.due.remove(entry)
            entry[1]()


class _Timer:
    def __init__(self, due: list[Any], entry: Any) -> None:
        self._due, self._entry = due, entry

    def cancel(self) -> None:
        if self._entry in self._due:
            self._due.remove(self._entry)


class Hold:
    """Keeps a function from returning until the test lets it."""

    def __init__(self) -> None:
        self._entered = threading.Event()
        self._released: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self) -> None:
        self._loop, self._released = asyncio.get_running_loop(), asyncio.Event()
        self._entered.set()
        await self._released.wait()

    def before(self, handler: Handler) -> Handler:
        """What does as the handler does, once it is let."""

        async def held(event: dict[str, Any]) -> object:
            await self()
            return await handler(event)

        return held

    def wait_until_entered(self) -> None:
        assert self._entered.wait(PATIENCE_S)

    def release(self) -> None:
        assert self._loop is not None
        assert self._released is not None
        self._loop.call_soon_threadsafe(self._released.set)


@dataclass
class Functions:
    """The invoker: async handlers by logical id; a handler returns a result, or a Failed."""

    handlers: Mapping[str, Handler]
    events: list[dict[str, Any]] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    async def invoke(
        self,
        function: str,
        event: bytes,
        facts: InvocationFacts | None = None,
    ) -> Returned | Failed:
        decoded = json.loads(event)
        with self._changed:
            self.events.append(decoded)
            self._changed.notify_all()
        result = await self.handlers[function](decoded)
        if isinstance(result, Returned | Failed):
            return result
        return Returned(json.dumps(result).encode())

    def of_type(self, event_type: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until there are `count` events of a type; return them all."""

        def found() -> list[dict[str, Any]]:
            return [event for event in self.events if event["requestContext"]["eventType"] == event_type]

        with self._changed:
            assert self._changed.wait_for(lambda: len(found()) >= count, PATIENCE_S), self.events
            return found()


@dataclass
class Running:
    """A gateway that serves."""

    port: int
    functions: Functions
    clock: Clock
    loop: asyncio.AbstractEventLoop
    gateway: Gateway
    domain: str

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/prod"

    def advance(self, seconds: float) -> None:
        asyncio.run_coroutine_threadsafe(self._advance(seconds), self.loop).result(PATIENCE_S)

    def on_loop(self, work: Callable[[], T]) -> T:
        """Call something where the gateway lives."""

        async def call() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(PATIENCE_S)

    async def _advance(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @property
    def lifecycle(self) -> Lifecycle:
        return self.gateway._lifecycle  # leaks show nowhere else

    def begin_to_stop(self) -> Future[None]:
        return asyncio.run_coroutine_threadsafe(self.gateway.stop(), self.loop)

    def stop(self) -> None:
        self.begin_to_stop().result(PATIENCE_S)

    @contextmanager
    def client(self, path: str = "", **options: Any) -> Iterator[websocket.WebSocket]:
        client = websocket.create_connection(self.url + path, timeout=PATIENCE_S, **options)
        try:
            yield client
        finally:
            if client.sock is not None:
                client.sock.close()

    def newest_id(self) -> str:
        """Return the id of the connection whose `$connect` came last."""
        return str(self.functions.of_type("CONNECT")[-1]["requestContext"]["connectionId"])

    @contextmanager
    def management(self, path: str = "/prod", **options: Any) -> Iterator[ApiGatewayManagementApiClient]:
        client = boto3.client(
            "apigatewaymanagementapi",
            region_name=options.pop("region", REGION),
            endpoint_url=f"http://127.0.0.1:{self.port}{path}",
            aws_access_key_id=options.pop("access_key", ACCESS_KEY),
            aws_secret_access_key=options.pop("secret", SECRET),
            config=Config(**{"retries": {"max_attempts": 0}, **options}),
        )
        try:
            yield client
        finally:
            client.close()

    @contextmanager
    def raw(self) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S) as raw:
            yield raw

    def exchange(self, request: bytes) -> bytes:
        """Send bytes and return all that comes until the gateway ends the connection."""
        with self.raw() as raw:
            raw.sendall(request)
            return read_to_end(raw)

    def take_notice(self) -> None:
        """Return once the gateway has read what other sockets have sent so far, ends of streams included."""
        self.exchange(b"GET /prod HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")


def read_to_end(raw: socket.socket) -> bytes:
    answer = b""
    while chunk := raw.recv(65536):
        answer += chunk
    return answer


def handshake_request(port: int, path: str = "/prod", *extra: str) -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        *extra,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def reset(client: websocket.WebSocket) -> None:
    """Drop the TCP connection by RST."""
    assert client.sock is not None
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.sock.close()
    client.sock = None


class Nobody:
    """A client that never takes anything."""

    def send(self, payload: bytes) -> bool:
        return False

    def close(self, ending: object) -> None:
        raise AssertionError(ending)


async def ok(_event: dict[str, Any]) -> object:
    return {"statusCode": 200}


async def echo(event: dict[str, Any]) -> object:
    return {"statusCode": 200, "body": event["body"]}


def api(*routes: Route, logical_id: str = "Api", api_id: str = "abcdefghij", **options: Any) -> WebSocketApi:
    return WebSocketApi(
        logical_id=logical_id,
        api_id=api_id,
        stage=options.pop("stage", "prod"),
        route_selection_expression=options.pop("expression", "$request.body.action"),
        routes={route.key: route for route in routes},
        **options,
    )


LIFECYCLE_ROUTES = (Route("$connect", "connect"), Route("$disconnect", "disconnect"))


@contextmanager
def running_gateway(
    *routes: Route,
    handlers: Mapping[str, Handler] | None = None,
    unknowns: Unknowns | None = None,
    tls: ssl.SSLContext | None = None,
    interference: Interference | None = None,
    apis: tuple[WebSocketApi, ...] = (),
    **api_options: Any,
) -> Iterator[Running]:
    """Run a gateway with `$connect`, `$disconnect` and the given routes; handlers default to status 200."""
    apis = apis or (api(*LIFECYCLE_ROUTES, *routes, **api_options),)
    names = {route.function for each in apis for route in each.routes.values() if route.function}
    functions = Functions({**dict.fromkeys(names, ok), **(handlers or {})})
    clock = Clock()
    gateway = Gateway(
        apis,
        functions,
        region=REGION,
        account_id="123456789012",
        credentials={ACCESS_KEY: SECRET},
        tls=tls,
        unknowns=unknowns or Unknowns(),
        clock=clock,
        interference=interference,
    )
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    port = asyncio.run_coroutine_threadsafe(gateway.start("127.0.0.1", 0), loop).result(PATIENCE_S)
    running = Running(
        port, functions, clock, loop, gateway, f"{apis[0].api_id}.execute-api.{REGION}.amazonaws.com"
    )
    try:
        yield running
    finally:
        running.stop()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE_S)
        loop.close()
