from __future__ import annotations

import mmap
import os
import subprocess
import sys
import time

from reference_app.benchmark.processes import cpu_seconds, cpu_seconds_of_all, resident_bytes
from reference_app.tests.process_state import eventually


def test_work_shows_as_cpu_time() -> None:
    before, until = cpu_seconds(os.getpid()), time.process_time() + 0.05
    while time.process_time() < until:
        pass
    assert cpu_seconds(os.getpid()) > before


def test_the_work_of_children_is_counted_with_all_of_it() -> None:
    busy = [sys.executable, "-c", "while True: pass"]
    with subprocess.Popen(busy) as child:
        try:
            eventually(lambda: cpu_seconds(child.pid) > 0, "the child works")
            own = cpu_seconds(os.getpid())
            assert cpu_seconds_of_all(os.getpid()) > own
        finally:
            child.kill()


def test_memory_shows_as_resident() -> None:
    before = resident_bytes(os.getpid())
    # Mapped anew: what is allocated may be memory that was freed before, and is resident already.
    with mmap.mmap(-1, 1 << 24) as ballast:
        ballast.write(os.urandom(len(ballast)))
        assert resident_bytes(os.getpid()) - before > len(ballast) / 2
