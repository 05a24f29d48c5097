"""The embedded DynamoDB endpoint: a process of its own that needs nothing but Python.

The stack opens the listening socket and hands it down, so that the endpoint has its address before it has
its engine: whoever connects early waits for the answer instead of being refused.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from reference_app.gateway.child_process import ChildProcess
from reference_app.gateway.dynamodb.engine_calls import STREAMS, TABLES, TIME_TO_LIVE, table_request
from reference_app.gateway.http_server import LOOPBACK, HttpServer, Request, Response, loopback_listener

if TYPE_CHECKING:
    from reference_app.gateway.dynamodb.dynamodb_engine import Answer

_LONGEST_BODY = 16 * 1024 * 1024 + 1024  # BatchWriteItem takes 16 MB
_DEFAULT_REGION = "us-east-1"
_SIGNED_REGION = re.compile(r"Credential=[^/]*/\d{8}/([^/]+)/")


class DynamoDbEndpoint:
    """The endpoint's process, from `start` to `stop`; its tables live and die with it."""

    def __init__(self, account_id: str, on_exit: Callable[[int], None]) -> None:
        """`on_exit` is told the return code when the process ends, also when `stop` ended it."""
        self._account_id = account_id
        self._on_exit = on_exit
        self._process: ChildProcess | None = None

    def start(self) -> str:
        """Start it; returns its URL, which can be called at once."""
        package_root = str(Path(__file__).resolve().parents[3])
        with loopback_listener() as listener:
            descriptor = listener.fileno()
            self._process = ChildProcess(
                [sys.executable, "-m", __name__, str(descriptor), self._account_id],
                environment={**os.environ, "PYTHONPATH": package_root},
                output=None,
                pass_fds=(descriptor,),
                on_exit=self._on_exit,
            )
            return f"http://{LOOPBACK}:{listener.getsockname()[1]}"

    async def stop(self) -> None:
        """End it."""
        if self._process is not None:
            await self._process.stop()


class Engine(Protocol):
    """What answers a call."""

    def answer(self, operation: str, body: bytes, region: str) -> Answer:
        """Answer one call of DynamoDB's JSON protocol."""


class Streams(Engine, Protocol):
    """What answers for the streams of an engine's tables."""

    def attribute_newest(self, table: str, region: str, principal: str) -> None:
        """Have the newest record of a table's stream name a service as who wrote."""


def answer(tables: Engine, streams: Streams, request: Request) -> Response:
    """Answer one HTTP request with what the engine says that it is for."""
    version, _, operation = request.headers.get("x-amz-target", "").partition(".")
    if request.method == "GET":
        return Response(200, b"healthy: dynamodb", {"Content-Type": "text/plain"})
    if version not in {TABLES, STREAMS}:
        operation = ""
    signed = _SIGNED_REGION.search(request.headers.get("authorization", ""))
    region = signed[1] if signed else _DEFAULT_REGION
    engine = streams if version == STREAMS else tables
    result = engine.answer(operation, request.body, region)
    if result.status == 200 and request.headers.get("user-agent") == TIME_TO_LIVE:
        streams.attribute_newest(table_request("", request.body).table or "", region, TIME_TO_LIVE)
    return Response(result.status, result.body, result.headers)


async def _serve(descriptor: int, account_id: str) -> None:
    # Most of a second; who has connected meanwhile waits in the backlog.
    from reference_app.gateway.dynamodb.dynamodb_engine import DynamoDbEngine
    from reference_app.gateway.dynamodb.streams_engine import StreamsEngine

    tables, streams = DynamoDbEngine(account_id), StreamsEngine(account_id)

    async def handle(request: Request) -> Response:
        return answer(tables, streams, request)

    server = HttpServer(handle, longest_body=_LONGEST_BODY)
    await server.serve(socket.socket(fileno=descriptor))
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), sys.argv[2]))
