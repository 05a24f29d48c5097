"""Runs one client against the server, and says what it used."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reports.latency_counts import Nanoseconds

from .process_usage import usage_of
from .server import Server, running
from .subjects import Load, Subject, Told

SERVER_CORE, CLIENT_CORE = 1, 0
_CONNECT_S = 90.0
_END_S = 60.0
_SETTLE_S = 1.0
_POLL_S = 0.005
_IDLE_MESSAGES_PER_S = 0.1
_IDLE_S = 4.0
_REST_S = 0.5
_RESTING = 0.1
"""Share of a core."""


class BenchmarkError(Exception):
    """A client did not do what it was to do; the message says which and what."""


@dataclass(frozen=True)
class Figures:
    """What one client used, and what it said."""

    cpu_us: float
    """For each delivery."""
    busiest_us: float
    """The same of the client's busiest process."""
    connects_per_s: float
    """That the server has answered."""
    told: Told | None
    """Latencies of the same messages, by the client …"""
    true_ns: Nanoseconds
    """… and by the server."""


def measure(
    subject: Subject, program: Path, connections: int, deliveries_per_s: float, seconds: float
) -> Figures:
    """Connect, let the load settle, and measure for so many seconds. Raises BenchmarkError."""
    with _client(subject, program, connections, deliveries_per_s / connections) as client:
        return _observed(client, seconds)


@dataclass(frozen=True)
class Idle:
    """A client that has connected, when hardly anything was ever said."""

    resident_bytes: int
    connect_cpu_s: float
    """Of all connects, with all that their users take to begin."""


def idle(subject: Subject, program: Path, connections: int) -> Idle:
    """Raises BenchmarkError."""
    with _client(subject, program, connections, _IDLE_MESSAGES_PER_S) as client:
        before_s = _connected(client)
        connect_cpu_s = _at_rest_s(client.process) - before_s
        _pause(_IDLE_S, client.process)
        return Idle(usage_of(client.process.pid).resident_bytes, connect_cpu_s)


@dataclass(frozen=True)
class _Client:
    """One that runs."""

    subject: Subject
    load: Load
    server: Server
    process: subprocess.Popen[bytes]


@contextmanager
def _client(subject: Subject, program: Path, connections: int, messages_per_s: float) -> Iterator[_Client]:
    """Run the client against a server of its own; what it said is told if it does not do as it should."""
    with tempfile.TemporaryDirectory() as name, running(program, Path(name), SERVER_CORE) as server:
        folder = Path(name)
        load = Load(server.url, server.port, connections, messages_per_s, folder)
        command = subject.command(load)
        with (folder / "output").open("wb") as output:
            process = subprocess.Popen(
                command.arguments,
                cwd=command.directory,
                env=command.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda: os.sched_setaffinity(0, {CLIENT_CORE}),
            )
        try:
            yield _Client(subject, load, server, process)
        except BenchmarkError as error:
            said = (folder / "output").read_text(errors="replace")[-2000:]
            raise BenchmarkError(f"{subject.name}: {error}\n{said}") from error
        finally:
            process.kill()
            process.wait()


def _observed(client: _Client, seconds: float) -> Figures:
    load, server, process = client.load, client.server, client.process
    _connected(client)
    _pause(_SETTLE_S, process)
    since_ns, began, heard = time.monotonic_ns(), usage_of(process.pid), server.standing().deliveries
    _pause(seconds, process)
    until_ns, ended, standing = time.monotonic_ns(), usage_of(process.pid), server.standing()
    deliveries = standing.deliveries - heard
    if deliveries <= 0 or standing.open < load.connections:
        raise BenchmarkError(f"{deliveries} deliveries to {standing.open} connections")
    _end(process)
    took_ns = max(1, standing.last_handshake_ns - standing.first_handshake_ns)
    return Figures(
        (ended.cpu_s - began.cpu_s) / deliveries * 1e6,
        ended.busiest_since(began) / deliveries * 1e6,
        (load.connections - 1) / took_ns * 1e9,
        client.subject.told(load, since_ns, until_ns),
        server.true_latencies_ns(since_ns, until_ns),
    )


def _connected(client: _Client) -> float:
    """Wait until the server has answered all; the CPU seconds that the client had used before the first."""
    load, server, process = client.load, client.server, client.process
    spent_s = 0.0
    deadline = time.monotonic() + _CONNECT_S
    while server.standing().open < load.connections:
        if time.monotonic() > deadline:
            there = f"{server.standing().open} of {load.connections}"
            raise BenchmarkError(f"{there} connected in {_CONNECT_S:g} s")
        _pause(_POLL_S, process)
        if server.standing().open <= 1:  # ours tries the target with a client of its own first
            spent_s = usage_of(process.pid).cpu_s
    return spent_s


def _at_rest_s(process: subprocess.Popen[bytes]) -> float:
    """Wait until the client has hardly anything to do; the CPU seconds that it has used by then.

    When the server has answered the last of a crowd, a client may have most of the answers yet to read.
    """
    used_s = usage_of(process.pid).cpu_s
    while True:
        _pause(_REST_S, process)
        before_s, used_s = used_s, usage_of(process.pid).cpu_s
        if used_s - before_s <= _REST_S * _RESTING:
            return used_s


def _pause(seconds: float, process: subprocess.Popen[bytes]) -> None:
    """Wait so long. Raises BenchmarkError when the client ends meanwhile."""
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        return
    raise BenchmarkError(f"it ended by itself, with {code}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired as error:
        raise BenchmarkError(f"it did not end within {_END_S:g} s") from error
