"""`python -m reference_app` in a process of its own, as its users start it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import websocket
from types_boto3_dynamodb import DynamoDBClient

from reference_app.tests.process_state import PATIENCE_S, eventually

APPS = Path(__file__).with_name("apps")


@dataclass(frozen=True)
class Running:
    """A stack that is ready."""

    process: subprocess.Popen[str]
    target: dict[str, Any]
    stdout: Path
    stderr: Path

    @contextmanager
    def client(self, url: str | None = None, **options: Any) -> Iterator[websocket.WebSocket]:
        """A client that is connected, and leaves in the end."""
        client = websocket.create_connection(url or self.target["url"], timeout=PATIENCE_S, **options)
        try:
            yield client
        finally:
            client.close()

    def dynamodb(self) -> DynamoDBClient:
        return boto3.client(
            "dynamodb",
            endpoint_url=self.target["table"]["endpoint"],
            region_name=self.target["table"]["region"],
            aws_access_key_id=self.target["credentials"]["access_key_id"],
            aws_secret_access_key=self.target["credentials"]["secret_access_key"],
        )

    def rows(self) -> list[str]:
        """Connection ids in the table."""
        client = self.dynamodb()
        try:
            items = client.scan(TableName=self.target["table"]["name"], ConsistentRead=True)["Items"]
            return [item["connectionId"]["S"] for item in items]
        finally:
            client.close()

    def family(self) -> list[int]:
        """Processes that the stack has started and that are there."""
        listing = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True, check=False
        )
        return [int(pid) for pid in listing.stdout.split()]

    def end(self, number: int) -> int:
        """Send a signal and wait for the return code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "reference_app", *map(str, arguments)]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command to its end, which an error is."""
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


@contextmanager
def running(folder: Path, *arguments: str | Path) -> Iterator[Running]:
    """Start a stack, wait until it is ready, and see to it that it ends."""
    ready, stdout, stderr = folder / "ready.toml", folder / "stdout", folder / "stderr"
    # What a killed stack cannot take away goes with the folder.
    environment = {**os.environ, "TMPDIR": str(folder)}
    with stdout.open("w") as out, stderr.open("w") as err:
        process = subprocess.Popen(
            command(*arguments, "--ready-file", ready), stdout=out, stderr=err, text=True, env=environment
        )
    try:
        eventually(lambda: ready.exists() or process.poll() is not None, "ready or failed")
        assert process.poll() is None, stderr.read_text()
        yield Running(process, tomllib.loads(ready.read_text()), stdout, stderr)
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def is_port_free(port: int) -> bool:
    """Whether nobody listens there any more."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) != 0
