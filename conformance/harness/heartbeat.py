"""How well the harness keeps up with its own schedule, recorded once a second.

A generator that lags measures itself, not the backend: the judge makes such runs inconclusive.
"""

from __future__ import annotations

import os
import threading
import time

from .deadline import pause_until
from .receive_backlog import ReceiveBacklog
from .recorder import Recorder

_PERIOD_NS = 1_000_000_000


class Heartbeat:
    """A thread that records GeneratorHealth until it is stopped."""

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
        while pause_until(due + _PERIOD_NS, self._stop):
            now, cpu_now = time.monotonic_ns(), time.process_time()
            # This thread's own lateness counts too: it waits for the same interpreter as all others.
            self.lagged(now - due - _PERIOD_NS)
            with self._lock:
                worst, self._worst_ns = self._worst_ns, 0
            used = (cpu_now - cpu) / ((now - due) / 1e9)
            self._recorder.health(worst, used, load_per_core(), self._backlog.take_worst_ns())
            due, cpu = now, cpu_now


def load_per_core() -> float:
    """Load average over the last minute per core: above 1, processes wait for a processor."""
    try:
        return os.getloadavg()[0] / (os.cpu_count() or 1)
    except OSError:
        return 0.0
