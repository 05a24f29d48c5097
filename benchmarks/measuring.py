"""Runs one client against the server, and says what it used."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from reports.metrics import Nanoseconds

from .process_usage import usage_of
from .server import Server, running
from .subjects import Load, Subject

SERVER_CORE, CLIENT_CORE = 1, 0
_CONNECT_S = 90.0
_END_S = 60.0
_SETTLE_S = 1.0
_POLL_S = 0.005


class BenchmarkError(Exception):
    """A client did not do what it was to do; the message says which and what."""


@dataclass(frozen=True)
class Figures:
    """What one client used, and what it said."""

    cpu_us: float
    """For each delivery."""
    connects_per_s: float
    connect_cpu_us: float
    """For each connection, with all that its user takes to begin."""
    resident_bytes: int
    reported_ns: Nanoseconds | None
    """Latencies of the same messages, by the client …"""
    true_ns: Nanoseconds
    """… and by the server."""


def measure(
    subject: Subject, program: Path, connections: int, deliveries_per_s: float, seconds: float
) -> Figures:
    """Connect, let the load settle, and measure for so many seconds. Raises BenchmarkError."""
    with tempfile.TemporaryDirectory() as name, running(program, Path(name), SERVER_CORE) as server:
        folder = Path(name)
        load = Load(server.url, server.port, connections, deliveries_per_s / connections, folder)
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
            return _observed(subject, load, server, process, seconds)
        except BenchmarkError as error:
            said = (folder / "output").read_text(errors="replace")[-2000:]
            raise BenchmarkError(f"{subject.name}: {error}\n{said}") from error
        finally:
            process.kill()
            process.wait()


def resident_bytes(subject: Subject, program: Path) -> int:
    """Of the client with one connection, just connected. Raises BenchmarkError."""
    return measure(subject, program, 1, 1.0, 1.5).resident_bytes


def _observed(
    subject: Subject, load: Load, server: Server, process: subprocess.Popen[bytes], seconds: float
) -> Figures:
    spent_s = _connected(load, server, process)
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
        (load.connections - 1) / took_ns * 1e9,
        spent_s / load.connections * 1e6,
        ended.resident_bytes,
        subject.latencies_ns(load, since_ns, until_ns),
        server.true_latencies_ns(since_ns, until_ns),
    )


def _connected(load: Load, server: Server, process: subprocess.Popen[bytes]) -> float:
    """Wait until all are connected; the CPU seconds that it took."""
    spent_s = 0.0
    deadline = time.monotonic() + _CONNECT_S
    while server.standing().open < load.connections:
        if time.monotonic() > deadline:
            there = f"{server.standing().open} of {load.connections}"
            raise BenchmarkError(f"{there} connected in {_CONNECT_S:g} s")
        _pause(_POLL_S, process)
        if server.standing().open <= 1:  # ours tries the target with a client of its own first
            spent_s = usage_of(process.pid).cpu_s
    return usage_of(process.pid).cpu_s - spent_s


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
