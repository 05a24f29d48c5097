"""How well the harness keeps up with its own schedule, recorded once a second.

With it goes to the disk all that was recorded until then: a run that is killed loses its last second.
A generator that lags measures itself, not the backend: the judge makes such runs inconclusive.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from reports.history import GeneratorHealth

from .deadline import pause_until
from .receive_backlog import ReceiveBacklog
from .recorder import Recorder

_PERIOD_NS = 1_000_000_000
_CORES = os.cpu_count() or 1
_LOOKS = 20
"""How often a period counts the runnable threads."""


class Heartbeat:
    """A thread that records GeneratorHealth, and flushes the record, until it is stopped."""

    def __init__(self, recorder: Recorder, backlog: ReceiveBacklog) -> None:
        self._recorder = recorder
        self._backlog = backlog
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._worst_ns = 0
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def lagged(self, lateness_ns: int) -> None:
        """An action of the schedule came so much too late."""
        with self._lock:
            self._worst_ns = max(self._worst_ns, lateness_ns)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        due, cpu = time.monotonic_ns(), time.process_time()
        runnable: list[int] = []
        while pause_until(due + (len(runnable) + 1) * _PERIOD_NS // _LOOKS, self._stop):
            runnable.append(runnable_threads())
            if len(runnable) < _LOOKS:
                continue
            now, cpu_now = time.monotonic_ns(), time.process_time()
            # This thread's own lateness counts too: it waits for the same interpreter as all others.
            self.lagged(now - due - _PERIOD_NS)
            with self._lock:
                worst, self._worst_ns = self._worst_ns, 0
            self._recorder.health(
                GeneratorHealth(
                    now,
                    worst,
                    cpu=(cpu_now - cpu) / ((now - due) / 1e9),
                    load_per_core=load_average() / _CORES,
                    receive_lag_ns=self._backlog.take_worst_ns(),
                    runnable_per_core=sum(runnable) / len(runnable) / _CORES,
                )
            )
            self._recorder.flush()
            due, cpu, runnable = now, cpu_now, []


def load_average() -> float:
    """Of the last minute; 0.0 where it is not known."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return 0.0


def runnable_threads() -> int:
    """How many of the machine's threads run or wait for a processor, but this one; 0 where it is not known.

    The first half of the fourth field of /proc/loadavg, see proc_loadavg(5).
    """
    try:
        return int(Path("/proc/loadavg").read_text(encoding="ascii").split()[3].partition("/")[0]) - 1
    except (OSError, IndexError, ValueError):
        return 0
