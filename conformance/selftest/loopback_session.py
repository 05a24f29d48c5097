"""Recorder, receiver and history of a test, without a fleet around them."""

from __future__ import annotations

import ssl
from pathlib import Path
from types import TracebackType
from typing import Self

from conformance.harness.client import Client, connect
from conformance.harness.deadline import Deadline, wait_for
from conformance.harness.envelope import Envelope, Recognizer
from conformance.harness.handshake import Dialer, Endpoint
from conformance.harness.message_format import Json, ReceiveFormat
from conformance.harness.receiver import Receiver
from conformance.harness.recorder import Recorder
from reports.history import Deliveries, FrameReceived
from reports.history_reader import History, read_history
from reports.history_writer import HistoryWriter

RUN = "0123abcd"
WAIT_S = 10.0


class LoopbackSession:
    """A receiver on its own thread, and what it told."""

    def __init__(
        self, folder: Path, *, receive: Json = "{payload}", tls: ssl.SSLContext | None = None
    ) -> None:
        self.folder = folder
        self.recorder = Recorder(HistoryWriter(folder))
        self.recognizer = Recognizer(RUN)
        self.envelope = Envelope(RUN)
        self.delivered: list[tuple[int, int, int]] = []
        """(time, message, connection) of each."""
        self.frames: list[FrameReceived] = []
        self.receiver = Receiver(
            self.recognizer, ReceiveFormat(receive), self.recorder, self._deliveries, self.frames.append
        )
        self._tls = tls
        self.clients: list[Client] = []

    def __enter__(self) -> Self:
        self.receiver.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self.clients:
            client.abort()
        self.receiver.stop()
        self.recorder.close()

    def connect(self, url: str, group: str = "stayer") -> Client:
        dialer = Dialer(Endpoint(url), self._tls)
        client = connect(dialer, self.recorder, self.receiver, group, WAIT_S)
        self.clients.append(client)
        return client

    def wait_delivered(self, count: int = 1) -> list[tuple[int, int, int]]:
        wait_for(lambda: len(self.delivered) >= count, Deadline(WAIT_S), 0.001)
        return self.delivered

    def wait_frame(self) -> FrameReceived:
        assert wait_for(lambda: bool(self.frames), Deadline(WAIT_S), 0.001), "no frame came"
        return self.frames[0]

    def wait_gone(self, client: Client) -> None:
        assert wait_for(lambda: client.is_gone, Deadline(WAIT_S), 0.001), "the client is still there"

    def history(self) -> History:
        self.recorder.flush()
        return read_history(self.folder)

    def _deliveries(self, rows: Deliveries) -> None:
        self.delivered += rows[["at_ns", "message", "connection"]].tolist()
