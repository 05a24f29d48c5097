"""The benchmark's own programs: they build, broadcast, and write down what they did."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.server import build, running

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("gcc") is None, reason="needs Linux and gcc"
)


def test_every_message_is_written_to_everybody_and_the_time_in_it_is_found(tmp_path: Path) -> None:
    server_program, client_program = build(tmp_path)
    core = min(os.sched_getaffinity(0))
    with running(server_program, tmp_path, core) as server:
        done = subprocess.run(
            [str(client_program), str(server.port), "20", "50", "0.5"],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        standing = server.standing()
        latencies = server.true_latencies_ns(0, 1 << 62)
    messages, rest = divmod(standing.deliveries, 20)
    assert messages > 0
    assert rest == 0
    assert int(done.stdout.split()[0]) <= standing.deliveries
    assert len(latencies) == standing.deliveries
    assert (latencies > 0).all()
    assert standing.first_handshake_ns < standing.last_handshake_ns
