"""Builds the two C programs, runs the server, and reads what it writes down."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

COMPILER = shutil.which("gcc") or "gcc"
_HERE = Path(__file__).parent
_CAPACITY = 8_000_000
_STANDING = np.dtype("<u8")
_FIELDS = 4
_SAMPLE = np.dtype([("stamp_ns", "<i8"), ("written_ns", "<i8")])


def build(folder: Path) -> tuple[Path, Path]:
    """The server and the client, compiled into `folder`."""
    server, client = programs = folder / "broadcast_server", folder / "epoll_client"
    for program in programs:
        source = _HERE / f"{program.name}.c"
        subprocess.run([COMPILER, "-O2", "-o", str(program), str(source)], check=True)
    return server, client


@dataclass(frozen=True)
class Standing:
    """What the server knows at one moment; times since nobody was connected."""

    open: int
    first_handshake_ns: int
    last_handshake_ns: int
    deliveries: int


class Server:
    """A running broadcast server and its record."""

    def __init__(self, port: int, record: Path) -> None:
        self.port = port
        self._standing = np.memmap(record, _STANDING, "r", shape=(_FIELDS,))
        self._samples = np.memmap(record, _SAMPLE, "r", _FIELDS * _STANDING.itemsize, (_CAPACITY,))

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/"

    def standing(self) -> Standing:
        return Standing(*self._standing.tolist())

    def true_latencies_ns(self, since_ns: int, until_ns: int) -> npt.NDArray[np.int64]:
        """From the time in the message to the write, of messages that carry a time between these two."""
        samples = self._samples[: self.standing().deliveries]
        within = (samples["stamp_ns"] >= since_ns) & (samples["stamp_ns"] < until_ns)
        latencies: npt.NDArray[np.int64] = (samples["written_ns"] - samples["stamp_ns"])[within]
        return latencies


@contextmanager
def running(program: Path, folder: Path, core: int) -> Iterator[Server]:
    """The server on one core, with an empty record."""
    record = folder / "record"
    with subprocess.Popen(
        [str(program), str(record), str(_CAPACITY)],
        stdout=subprocess.PIPE,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield Server(int(process.stdout.readline()), record)
        finally:
            process.kill()
