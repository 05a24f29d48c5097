"""The clients of a load test in one process."""

from __future__ import annotations

from conformance.harness.fleet import Fleet
from conformance.harness.receiver import Receiver
from conformance.harness.target import Target
from reports.history_writer import HistoryWriter

from ._arrivals import Arrivals
from ._payload import TimingRecognizer
from ._receive_loop import ReceiveLoop, system_poller


class LoadFleet(Fleet):
    """A fleet whose receiver runs in a greenlet, and which keeps nothing for each delivery."""

    def __init__(self, target: Target, writer: HistoryWriter, run: str) -> None:
        super().__init__(target, writer, run=run, track=False, own_thread=False)
        self.receiver.stop()  # it listens for the wrong recognizer, and reports to nobody
        self.recognizer = recognizer = TimingRecognizer(self.run)
        self.arrivals = Arrivals(recognizer.intended_ns)
        self.receiver = Receiver(
            recognizer,
            target.receive,
            self.recorder,
            self.arrivals.deliveries,
            self.arrivals.frame,
            system_poller(),
        )
        self._loop = ReceiveLoop(self.receiver)

    def open(self) -> None:
        """Hear, and record the generator's health, from now on; `close` must follow."""
        self._loop.start()
        self.heartbeat.start()

    def close(self) -> None:
        """Close every client and the history. Raises HarnessError if the history is not whole."""
        try:
            self.close_all()
        finally:
            self.heartbeat.stop()
            self._loop.stop()
            self.receiver.stop()
            self.recorder.close()
