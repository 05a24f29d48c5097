"""The stacks that are measured, each from the start of its process to its end."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from reference_app.benchmark.audience import BenchmarkError, connect, leave
from reference_app.gateway.child_process import ChildProcess

FOLDER = Path(__file__).parent
START_LIMIT_S = 60.0
_LOOK_EVERY_S = 0.02


@dataclass(frozen=True)
class Serving:
    """A stack that takes connections."""

    name: str
    url: str
    pid: int
    """Of the process that is the gateway."""
    ready_s: float
    """From the start of the process to the end of the first handshake, `$connect` included."""


@asynccontextmanager
async def local_stack(template: str = "handlers.yaml", **parameters: str) -> AsyncIterator[Serving]:
    """This project's stack with one of the templates beside this file."""
    address = f"127.0.0.1:{_free_ports(1)[0]}"
    command = [sys.executable, "-m", "reference_app", str(FOLDER / template), "--quiet"]
    command += ["--port", address.partition(":")[2]]
    parameters = parameters or {"Endpoint": f"http://{address}/dev"}
    for name, value in parameters.items():
        command += ["--parameter", f"{name}={value}"]
    async with _serving("local stack", f"ws://{address}/dev", command, os.environ, None) as serving:
        yield serving


@asynccontextmanager
async def serverless_offline(packages: Path, *, in_process: bool) -> AsyncIterator[Serving]:
    """serverless-offline with its handlers in worker threads, its default, or without any isolation.

    `packages` is a `node_modules` folder.
    """
    http, websocket, functions = _free_ports(3)
    command = [str(packages / ".bin" / "serverless"), "offline", "start"]
    command += ["--httpPort", str(http), "--websocketPort", str(websocket), "--lambdaPort", str(functions)]
    command += ["--useInProcess"] if in_process else []
    environment = {
        **os.environ,
        "ENDPOINT": f"http://127.0.0.1:{websocket}",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local-secret",
        "SLS_NOTIFICATIONS_MODE": "off",
        "SLS_TELEMETRY_DISABLED": "1",
    }
    url = f"ws://127.0.0.1:{websocket}"
    name = f"serverless-offline, handlers in {'process' if in_process else 'worker threads'}"
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(FOLDER / "serverless_offline" / "serverless.yml", folder)
        shutil.copy(FOLDER / "handlers" / "app.js", folder)
        Path(folder, "node_modules").symlink_to(packages)
        async with _serving(name, url, command, environment, Path(folder)) as serving:
            yield serving


@asynccontextmanager
async def _serving(
    name: str, url: str, command: Sequence[str], environment: Mapping[str, str], folder: Path | None
) -> AsyncIterator[Serving]:
    started = time.monotonic()
    process = ChildProcess(command, environment=environment, folder=folder)
    try:
        await _first_handshake(name, url, process, started + START_LIMIT_S)
        yield Serving(name, url, process.pid, time.monotonic() - started)
    finally:
        await process.stop()


async def _first_handshake(name: str, url: str, process: ChildProcess, deadline: float) -> None:
    while process.alive and time.monotonic() < deadline:
        try:
            await leave(await connect(url, 1, 1))
        except (OSError, BenchmarkError):
            await asyncio.sleep(_LOOK_EVERY_S)
        else:
            return
    raise BenchmarkError(f"{name} did not take a connection within {START_LIMIT_S:g} s")


def _free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
