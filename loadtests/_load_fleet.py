"""The clients of a load test in one process."""

from __future__ import annotations

from conformance.harness.fleet import Fleet
from conformance.harness.receive_times import ReceiveTimes
from conformance.harness.target import Target
from reports.history_writer import HistoryWriter

from ._arrivals import Arrivals
from ._payload import TimingRecognizer
from ._receive_loop import ReceiveLoop, system_poller


class LoadFleet(Fleet):
    """A fleet whose receiver runs in a greenlet, and which keeps nothing for each delivery."""

    def __init__(self, target: Target, writer: HistoryWriter, run: str, times: ReceiveTimes) -> None:
        recognizer = TimingRecognizer(run)
        self.ahead_ns = 0
        """So much, about, is this host's clock ahead of the master's, whose times payloads tell."""

        def intended_ns(message: int) -> int | None:
            told_ns = recognizer.intended_ns(message)
            return None if told_ns is None else told_ns + self.ahead_ns

        self.arrivals = Arrivals(intended_ns)
        super().__init__(
            target,
            writer,
            track=False,
            own_thread=False,
            poller=system_poller(),
            recognizer=recognizer,
            on_deliveries=self.arrivals.deliveries,
            on_frame=self.arrivals.frame,
            times=times,
        )
        self._loop = ReceiveLoop(self.receiver)

    def open(self) -> None:
        """Hear, and record the generator's health, from now on; `close` must follow."""
        self._loop.start()
        self.heartbeat.start()

    def close(self) -> None:
        """Close every client and the history. Raises HarnessError as `check` does."""
        try:
            self.close_all()
        finally:
            self.heartbeat.stop()
            self._loop.stop()
            self.receiver.stop()
            self.recorder.close()
        self.check()
